"""The purge: what is old, at its end and archived goes, and nothing else."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from message_center.archive.purge import PURGES, Purge, load_archived
from model import work
from model.archiving import Archiving
from model.checks import Step
from model.model import ARROWS, FINAL, Event, Log
from model.stage import ANY, HOLD, LARGE, SIZES
from model.world import ACCOUNT, Row

PART = {
    "event": "events",
    "delivery_log": "logs",
    "tracking_log": None,
    "statistic": None,
    "operator_act": None,
    "operator_act_event": None,
}
WHAT = st.sampled_from((PURGES[0], *PURGES, PURGES[1]))
FRESH = st.booleans()
# Odd numbers: time goes on by two hours, so that none is ever reached exactly.
KEPT_HOURS = st.sampled_from((0, 0, 1, 3))


class Purging(Archiving):
    """The daily purge, at any time."""

    @rule(session=ANY, what=WHAT, fresh=FRESH, kept_hours=KEPT_HOURS, max_rows=SIZES, hold=HOLD)
    def purge(self, session: int, what: Purge, fresh: bool, kept_hours: int, max_rows: int, hold: bool) -> None:
        """Purge what was archived at one time or another, or just now."""
        table = what.stream.table
        if fresh:
            self.archive_run(what.stream, LARGE)
            self.half_passed.discard(table)
        archived = load_archived(self.world.control, ACCOUNT, what.stream)
        gone: dict[int, Row] = {}
        check = partial(self.check_purged, table=table, kept_hours=kept_hours, gone=gone)
        note = partial(self.note_purged, table=table, gone=gone)
        purge = partial(work.purge, what=what, archived=archived, kept_hours=kept_hours, max_rows=max_rows)
        purger = self.idle(session)
        # A purge has a session of its own, whose settings nobody but us has made.
        self.director.begin_anew(purger)
        self.director.run(purger, purge, check, note, hold=hold)

    def check_purged(self, step: Step, table: str, kept_hours: int, gone: dict[int, Row]) -> None:
        """Each row that went was old enough, at its end, and in the archive as it last was."""
        step.check(*filter(None, [PART[table]]), may_go=PART[table])
        changed: dict[int, tuple[Event | Log | None, Event | Log | None]] = {**(step.events or step.logs)}
        for old, new in changed.values():
            assert old is not None
            assert new is None, f"changed, not purged: {old} to {new}"
            assert old.created + 3600 * kept_hours <= step.now, f"too young: {old}"
            assert old.status in FINAL, f"not at its end: {old}"
        for id, (log, _) in step.logs.items():
            event = step.after.events.get(id)
            assert not (event and log) or log.status not in ARROWS[event.status], f"not copied yet: {event}, {log}"
        gone |= self.gone_rows(table, step)
        archived = self.world.archived_rows(table)
        for id, row in gone.items():
            assert archived.get(id) == row, f"{table}, purged and archived: {row}, {archived.get(id)}"

    def gone_rows(self, table: str, step: Step) -> dict[int, Row]:
        """Return the rows that a purge took away, and that others still see."""
        return {id: row for id, row in self.world.rows(table).items() if id not in step.result}

    def note_purged(self, step: Step, table: str, gone: dict[int, Row]) -> None:
        """From here on nobody but the archive knows them; the key of an event may be used again."""
        self.purged.setdefault(table, {}).update(gone)
        self.purged_logs |= {id: old for id, (old, _) in step.logs.items() if old is not None}
        for id in step.events:
            del self.accepted[id]
        self.keys = {key: known for key, known in self.keys.items() if known[0] not in step.events}
