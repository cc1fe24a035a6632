"""What is done with one event or all that match: counted first, then in passes, each of them a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from message_center.events.filters import EventFilter
from message_center.sql import statement

Connection = psycopg.Connection[Any]
Kind = Literal["replay", "cancel", "reschedule"]

PASS_EVENTS = 1000
COUNTED_IDS = 50_000
MAX_CALL_CHARACTERS = 8 * 1024**2
COUNTING_SECONDS = 3.0


@dataclass(frozen=True)
class Act:
    """
    What somebody wants done with the events of an account.

    :param id: asked for again under the same id, it goes on.
    :param scheduled: reschedule: the new time; ``None``: now.
    """

    id: UUID
    kind: Kind
    requested_by: str
    reason: str
    wanted: EventFilter
    scheduled: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the functions of an instance are given."""
        return {
            "act": self.id,
            "requested_by": self.requested_by,
            "reason": self.reason,
            "filter": Jsonb(self.wanted.for_instance),
            "scheduled": self.scheduled,
            "max_events": PASS_EVENTS,
        }


@dataclass(frozen=True)
class Count:
    """
    How many events of an account a filter means, and each act would take.

    :param replayed_before: those of the replayable that an act has replayed before.
    :param purged: those that the instance has purged: they are replayed from the archive.
    :param is_all: whether the purged ones are counted to the end.
    """

    matching: int
    replayable: int
    replayed_before: int
    pending: int
    purged: int = 0
    is_all: bool = True


@dataclass(frozen=True)
class Progress:
    """How far an act has come: ``done`` by this call, ``total`` by all; ask again while there is ``more``."""

    done: int
    total: int
    more: bool


def count(execution: Connection, control: Connection | None, account: str, wanted: EventFilter) -> Count:
    """Count before anything is done; without control, what is on the instance."""
    rows = execution.cursor(row_factory=dict_row)
    (row,) = rows.execute(statement("execution/count_events"), {"filter": Jsonb(wanted.for_instance)}).fetchall()
    counted = Count(**row)
    if control is None:
        return counted
    deadline, purged = monotonic() + COUNTING_SECONDS, 0
    for _, absent in _purged(execution, control, account, wanted, 0, COUNTED_IDS):
        purged += len(absent)
        if monotonic() > deadline:
            return replace(counted, purged=purged, is_all=False)
    return replace(counted, purged=purged)


def perform(
    act: Act, execution: Connection, control: Connection | None, account: str, seconds: float = 3.0
) -> Progress:
    """
    Go on with an act for some seconds: what is on the instance, and then, of a replay, what it has purged.

    :raises psycopg.Error: if the database refuses; the passes before are done, and asked again it goes on.
    """
    deadline, done = monotonic() + seconds, 0
    for progress in _passes(act, execution, control, account):
        done += progress.done
        if not progress.more or monotonic() > deadline:
            return replace(progress, done=done)
    raise AssertionError("an act ends with a pass that has no more")


def refused(act: Act, execution: Connection) -> list[tuple[int, str]]:
    """Return the events that an act named and did not take, each with the reason as things are now."""
    return execution.execute(statement("execution/refused_events"), {"act": act.id}).fetchall()


def _passes(act: Act, execution: Connection, control: Connection | None, account: str) -> Iterator[Progress]:
    rows = execution.cursor(row_factory=dict_row)
    while True:
        (row,) = rows.execute(statement(f"execution/{act.kind}_events"), act.parameters).fetchall()
        progress = Progress(**row)
        if not progress.more:
            break
        yield progress
    if act.kind == "replay" and control is not None:
        yield from _archived_passes(act, execution, control, account)
    yield replace(progress, done=0, total=_total(act, execution), more=False)


def _archived_passes(act: Act, execution: Connection, control: Connection, account: str) -> Iterator[Progress]:
    rows = execution.cursor(row_factory=dict_row)
    (row,) = execution.execute(statement("execution/archived_after_id"), {"act": act.id}).fetchall()
    for page_end, absent in _purged(execution, control, account, act.wanted, int(row[0]), PASS_EVENTS):
        for up_to, events in _portions(control, account, absent, page_end):
            given = act.parameters | {"events": events, "up_to": up_to}
            (progress,) = rows.execute(statement("execution/replay_archived_events"), given).fetchall()
            yield Progress(**progress, more=True)


def _portions(control: Connection, account: str, ids: Sequence[int], page_end: int) -> Iterator[tuple[int, str]]:
    """Yield archived events as JSON arrays that a call can take, and the id up to which each goes."""
    portion, characters, up_to = list[str](), 0, 0
    given = {"ids": list(ids), "account": account}
    for id_, content in control.execute(statement("control/archived_contents"), given):
        if characters + len(content) > MAX_CALL_CHARACTERS and portion:
            yield up_to, f"[{','.join(portion)}]"
            portion, characters = [], 0
        portion.append(content)
        characters, up_to = characters + len(content), id_
    yield page_end, f"[{','.join(portion)}]"


def _purged(
    execution: Connection, control: Connection, account: str, wanted: EventFilter, after_id: int, limit: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield the matching events of the archive that the instance has not, page by page, and how far each goes."""
    parameters = {"filter": Jsonb(wanted.for_archive), "account": account, "limit": limit}
    while True:
        (row,) = control.execute(statement("control/replayable_ids"), parameters | {"after_id": after_id}).fetchall()
        ids: list[int] = row[0]
        if ids:
            present = {id_ for (id_,) in execution.execute(statement("execution/present_events"), {"ids": ids})}
            yield ids[-1], [id_ for id_ in ids if id_ not in present]
        if len(ids) < limit:
            return
        after_id = ids[-1]


def _total(act: Act, execution: Connection) -> int:
    (row,) = execution.execute(statement("execution/act_total"), {"act": act.id}).fetchall()
    return int(row[0])
