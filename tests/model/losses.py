"""What goes away: events deleted by hand, persons erased, a server that another one takes over from."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model import work
from model.checks import Step, differing
from model.model import ARROWS, PENDING, PENDING_DELIVERY, Event, Log
from model.stage import ANY, HOLD, chosen
from model.telling import Telling
from model.world import Row

Rows = dict[int, Row]

ADDRESS = {"event": "email", "delivery_log": "address"}
HOW = st.sampled_from(("event", "event and log"))


class Losses(Telling):
    """It all harms nobody else."""

    @rule(session=ANY, number=ANY, how=HOW, hold=HOLD)
    def delete_by_hand(self, session: int, number: int, how: str, hold: bool) -> None:
        if self.picture.events:
            event, with_log = chosen(sorted(self.picture.events), number), how == "event and log"
            check = partial(check_deleted, event=event, with_log=with_log)
            note, delete = partial(self.note_deleted, event), partial(work.delete, event=event, with_log=with_log)
            self.director.run(self.idle(session), delete, check, note, hold=hold)

    def note_deleted(self, event: int, step: Step) -> None:
        """What the archive has of them, whatever it is, it keeps."""
        self.deleted["event"].add(event)
        self.deleted["delivery_log"] |= step.result
        self.accepted.pop(event, None)
        self.keys = {key: known for key, known in self.keys.items() if known[0] != event}

    @rule(session=ANY, number=ANY, hold=HOLD)
    def erase(self, session: int, number: int, hold: bool) -> None:
        """A person asks to be forgotten: by the instance first, and then by the archive."""
        if persons := self.persons():
            address = chosen(persons, number)
            check, erase = partial(check_erased, address=address), partial(work.erase, address=address)
            if self.director.run(self.idle(session), erase, check, self.note_erased, hold=hold):
                self.erase_archived(address)

    def persons(self) -> list[str]:
        """Return the e-mail addresses of those whose events are there, or were."""
        present = [event.address for event in self.picture.events.values() if event.channel == 0]
        purged = [row["email"] for row in self.purged.get("event", {}).values() if row["wished_channel"] == 0]
        return sorted({address.lower() for address in (*present, *purged)} - {"erased"})

    def note_erased(self, step: Step) -> None:
        self.keys = {key: known for key, known in self.keys.items() if known[0] not in step.events}

    def erase_archived(self, address: str) -> None:
        """What was purged is erased, too."""
        before = {table: self.world.archived_rows(table) for table in ADDRESS}
        self.world.erase_archived(address)
        for table, rows in before.items():
            erased = check_erased_rows(rows, self.world.archived_rows(table), ADDRESS[table], address)
            purged = self.purged.get(table, {})
            purged |= {id: row for id, row in erased.items() if id in purged}

    @rule()
    def fail_over(self) -> None:
        """Another server takes over: all sessions are gone, and so are the transactions that were open."""
        self.world.open_gate()
        self.director.lose_all()
        self.during(self.end_window("kill"))
        self.world.fail_over()


def check_deleted(step: Step, event: int, with_log: bool) -> None:
    """One event went, its log if that was asked, and nothing else."""
    assert set(step.events) <= {event}
    assert set(step.logs) <= ({event} if with_log else set())
    assert all(new is None for _, new in (*step.events.values(), *step.logs.values()))


def check_erased(step: Step, address: str) -> None:
    """All of a person's events and logs go on without the address, and none of anybody else's."""
    person = address.lower()
    for old, new in (*step.events.values(), *step.logs.values()):
        assert old is not None
        assert new is not None
        assert (old.address.lower(), new.address) == (person, "erased"), f"another's: {old} to {new}"
        assert new.status == old.status or new.status in ARROWS[old.status], f"no such arrow: {old} to {new}"
        assert new.status not in (PENDING, PENDING_DELIVERY), f"goes on: {new}"
    known = step.moments[0]
    left: list[Event | Log] = [
        *(each for each in step.after.events.values() if each.id in known.events),
        *(each for each in step.after.logs.values() if each.event in known.events or each.event in known.logs),
    ]
    assert not [each for each in left if each.address.lower() == person], "not erased"


def check_erased_rows(old: Rows, new: Rows, column: str, address: str) -> Rows:
    """The same of the archive's rows; return those that were erased."""
    changed = differing(old, new)
    for was, row in changed.values():
        assert was is not None
        assert row is not None
        assert (was[column].lower(), row[column]) == (address, "erased"), f"another's: {was} to {row}"
        assert was["status"] == row["status"]
    assert not [row for row in new.values() if str(row[column]).lower() == address], "not erased"
    return {id: new[id] for id in changed}
