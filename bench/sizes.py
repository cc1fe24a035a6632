"""How much is measured in the smoke test, in the quick mode and in the full one."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Sizes:
    """
    :param rows: of a comparison.
    :param peer_rows: of taking events off a queue beside peers; ours works on as many.
    :param peer_archive_rows: of archiving beside peers.
    :param repetitions: turns of a comparison.
    :param curve_repetitions: how often each size of a curve is measured.
    :param intake_seconds: of one measurement of intake.
    :param messages: of one measurement of delivery.
    :param backlog: lengths of the queue.
    :param history: rows in the history.
    :param accounts: numbers of accounts.
    :param windows: numbers of windows in one process.
    :param window_seconds: how long events are pushed at each number of windows.
    :param stack_accounts: numbers of accounts of the running stack; none without it.
    :param stack_seconds: how long the running stack is watched at each number of accounts.
    """

    rows: int
    peer_rows: int
    peer_archive_rows: int
    repetitions: int
    curve_repetitions: int
    intake_seconds: int
    messages: int
    backlog: tuple[int, ...]
    history: tuple[int, ...]
    accounts: tuple[int, ...]
    windows: tuple[int, ...]
    window_seconds: int
    stack_accounts: tuple[int, ...] = ()
    stack_seconds: int = 60


QUICK = Sizes(
    rows=100_000,
    peer_rows=2_000,
    peer_archive_rows=10_000,
    repetitions=2,
    curve_repetitions=2,
    intake_seconds=2,
    messages=1_000,
    backlog=(10_000, 100_000),
    history=(10_000, 100_000),
    accounts=(1, 20),
    windows=(1, 30),
    window_seconds=4,
)
# Whether a ratio has fallen to half shows on few rows, once; whether it is 0.85 or 0.95 does not.
SMOKE = replace(
    QUICK,
    rows=30_000,
    peer_rows=500,
    peer_archive_rows=2_000,
    repetitions=1,
    curve_repetitions=1,
    intake_seconds=1,
    messages=300,
    backlog=(10_000, 50_000),
    history=(10_000, 50_000),
    windows=(1, 9),
    window_seconds=3,
)
FULL = Sizes(
    rows=1_000_000,
    peer_rows=20_000,
    peer_archive_rows=100_000,
    repetitions=5,
    curve_repetitions=2,
    intake_seconds=10,
    messages=10_000,
    backlog=(10_000, 100_000, 1_000_000, 10_000_000),
    history=(10_000, 100_000, 1_000_000, 10_000_000),
    accounts=(1, 10, 30, 100),
    windows=(1, 10, 30, 100, 300),
    window_seconds=20,
    stack_accounts=(1, 10, 30, 100),
)


def changed(sizes: Sizes, settings: list[str]) -> Sizes:
    """
    Return the sizes with some changed.

    :param settings: each ``name=number`` or ``name=number,number,…``.
    """
    known = {field.name for field in fields(Sizes)}
    new: dict[str, int | tuple[int, ...]] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise SystemExit(f"{name!r} is none of {', '.join(sorted(known))}")
        numbers = tuple(int(number.replace("_", "")) for number in value.split(",") if number)
        new[name] = numbers if isinstance(getattr(sizes, name), tuple) else numbers[0]
    return replace(sizes, **new)  # type: ignore[arg-type]
