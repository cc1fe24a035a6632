"""The archive against psql by hand on the same rows: cold, changed, and a run with nothing new."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench.comparison import Comparison, Ratio
from bench.curve import Chart, Curve, Growth
from bench.harness import BINARIES, Connection, Server
from bench.sizes import Sizes
from message_center.archive.archiving import archive_stream
from message_center.archive.columns import columns
from message_center.archive.streams import EVENTS

ACCOUNT = "mcBench"
PSQL = BINARIES / "psql"
RUNS_WITH_NOTHING_NEW = 60

CHANGE = "update message_center.event set status = 'Pending delivery' where mod(id, 5) = 0"
UPSERT = """
    insert into archive.event as archived (account, archived_at, {columns})
    select 'mcBench', clock_timestamp(), {columns} from incoming
    on conflict (id) do update set (account, archived_at, {columns})
        = row(excluded.account, excluded.archived_at, {excluded})
"""


@dataclass(frozen=True)
class Pair:
    """An execution database and a control database, and a connection to each."""

    uris: tuple[str, str]
    execution: Connection
    control: Connection


def declare(server: Server) -> None:
    """Tell the server the kinds of data that there are: a history, its archive, and the history changed since."""

    def archive(control: Connection, rows: int) -> None:
        with server.connect(server.prepared("backlog", rows)) as execution:
            archive_stream(execution, control, ACCOUNT, EVENTS)

    def change(execution: Connection, rows: int) -> None:
        server.prepared("archive", rows)  # before the change
        execution.execute(CHANGE)

    server.kind("archive", "control", archive)
    server.kind("changed", "backlog", change)


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""
    return [cold(server, sizes.rows), changed(server, sizes.rows)]


def curves(server: Server, sizes: Sizes) -> list[Curve]:
    """Return what is drawn."""
    return [nothing_new(server, sizes)]


def cold(server: Server, rows: int) -> Comparison:
    """Everything into an empty archive."""

    def ours(rows: int) -> float:
        with fresh_pair(server, "backlog", "no_archive", rows) as pair:
            return our_rate(pair, rows)

    def hand(rows: int) -> float:
        with fresh_pair(server, "backlog", "no_archive", rows) as pair:
            return rows / by_hand(pair)

    def limit(rows: int) -> float:
        with fresh_pair(server, "backlog", "no_archive", rows) as pair:
            return rows / by_hand(pair, upsert=False)

    names = "archive_stream", "psql, by hand", "psql, COPY | COPY alone"
    return Comparison(
        title="Archiving events, cold",
        unit="rows/s",
        amount=rows,
        of="events",
        sides=dict(zip(names, (ours, hand, limit), strict=True)),
        ratios=(
            Ratio("cold archive / COPY, then INSERT … ON CONFLICT by hand", names[0], names[1], 0.8),
            Ratio("cold archive / COPY | COPY alone", names[0], names[2]),
        ),
        notes={
            names[0]: "in chunks of a transaction each, with the progress in it",
            names[1]: "COPY | COPY into a temporary table, INSERT … ON CONFLICT; all at once; without psql's own start",
            names[2]: "into a temporary table, and nothing more: the limit",
        },
    )


def changed(server: Server, rows: int) -> Comparison:
    """A fifth of the history has changed since it was archived."""

    def ours(rows: int) -> float:
        with fresh_pair(server, "changed", "archive", rows) as pair:
            return our_rate(pair, rows // 5)

    def hand(rows: int) -> float:
        with fresh_pair(server, "changed", "archive", rows) as pair:
            return rows / 5 / by_hand(pair, where="where source.status = 'Pending delivery'")

    names = "archive_stream", "psql, by hand"
    return Comparison(
        title="Archiving events, a fifth changed",
        unit="rows/s",
        amount=rows,
        of="events of history",
        sides=dict(zip(names, (ours, hand), strict=True)),
        ratios=(Ratio("archive of changed rows / COPY, then INSERT … ON CONFLICT by hand", *names, 0.8),),
        notes={names[1]: "is told which rows have changed, by their status"},
    )


def nothing_new(server: Server, sizes: Sizes) -> Curve:
    """A run with nothing to bring, on histories of several lengths."""
    name = f"archive run with nothing new, history of {sizes.history[-1]:,} / of {sizes.history[0]:,}"
    return Curve(
        title="An archive run with nothing new, by its history",
        of="events",
        sizes=sizes.history,
        point=lambda rows: {"archive_stream": idle_ms(server, rows)},
        charts=(Chart("history", "An archive run with nothing new", "ms", ("archive_stream",)),),
        growth=(Growth(name, "archive_stream", 0.85, is_time=True),),
        repetitions=sizes.curve_repetitions,
        warm_up=2_000,
        notes=(f"Each figure is the median of {RUNS_WITH_NOTHING_NEW} runs.",),
    )


def idle_ms(server: Server, rows: int) -> float:
    """Return how long a run with nothing new takes, in ms."""
    with fresh_pair(server, "backlog", "archive", rows) as pair:
        for _ in range(5):
            archive_stream(pair.execution, pair.control, ACCOUNT, EVENTS)
        runs = [archive_stream(pair.execution, pair.control, ACCOUNT, EVENTS) for _ in range(RUNS_WITH_NOTHING_NEW)]
    assert not sum(run.rows for run in runs)
    return 1000 * statistics.median(run.seconds for run in runs)


@contextmanager
def fresh_pair(server: Server, execution: str, control: str, rows: int) -> Iterator[Pair]:
    """Make both databases."""
    with (
        # First: archiving leaves a checkpoint in the data that the other is a copy of.
        server.fresh(control, rows if control == "archive" else 0) as target,
        server.fresh(execution, rows) as source,
        psycopg.connect(source, autocommit=True) as from_there,
        psycopg.connect(target, autocommit=True) as to_here,
    ):
        yield Pair((source, target), from_there, to_here)


def our_rate(pair: Pair, rows: int) -> float:
    """Archive what there is; rows per second."""
    started = time.perf_counter()
    archived = archive_stream(pair.execution, pair.control, ACCOUNT, EVENTS).rows
    seconds = time.perf_counter() - started
    assert archived == rows, f"{archived} of {rows} rows"
    return rows / seconds


def by_hand(pair: Pair, where: str = "", upsert: bool = True) -> float:
    """What one would type; seconds, less those in which psql starts and connects."""
    carried = columns(pair.execution, pair.control, EVENTS)
    read = sql.SQL("copy (select {} from message_center.event as source {}) to stdout (format binary)").format(
        carried.read,
        sql.SQL(where),
    )
    made = sql.SQL("create temp table incoming as select {} from archive.event with no data").format(carried.written)
    write = sql.SQL(UPSERT).format(columns=carried.written, excluded=carried.excluded)
    steps = [made.as_string(pair.control), "copy incoming from stdin (format binary)"]
    if upsert:
        steps.append(write.as_string(pair.control))
    start_up = psql(pair, "copy (select) to stdout", ["select"])
    return psql(pair, read.as_string(pair.execution), steps) - start_up


def psql(pair: Pair, read: str, steps: list[str]) -> float:
    """Pipe what one psql reads into the commands of another; seconds."""
    commands = [part for step in steps for part in ("-c", step)]
    started = time.perf_counter()
    source = subprocess.Popen([PSQL, "-qX", pair.uris[0], "-c", read], stdout=subprocess.PIPE)
    subprocess.run([PSQL, "-qX", pair.uris[1], *commands], stdin=source.stdout, stdout=subprocess.DEVNULL, check=True)
    assert source.wait() == 0
    return time.perf_counter() - started
