"""The books find every kind of wrong: what accounts for others has to be right itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest

from faults.accounts import Books, account_for
from faults.load import Forgotten, Load

FIRST = 72057594037927937
PUSHED = 3


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A load of three events, answered at seconds 100, 101 and 102."""
    made = Load("", "fault", 1, tmp_path)
    lines = [f"push {n}\nanswer {n} {100 + n}.0 {FIRST + n} \n" for n in range(PUSHED)]
    made.outbox.write_text("".join(lines))
    return made


def books(**changes: dict[int, Any]) -> Books:
    """Return books in which all three are Sent, but for some changes by place and event."""
    rows = {FIRST + n: (f"fault-{n}", "Sent") for n in range(PUSHED)}
    places: dict[str, dict[int, Any]] = {
        "queue": dict(rows),
        "archive": dict(rows),
        "logs": dict.fromkeys(rows, "Sent"),
        "archived_logs": dict.fromkeys(rows, "Sent"),
        "received": dict.fromkeys(rows, 1),
    }
    for place, changed in changes.items():
        for n, value in changed.items():
            places[place][FIRST + n] = value
            if value is None:
                del places[place][FIRST + n]
    copies = Counter(external_id for external_id, _ in places["queue"].values())
    received = Counter(places.pop("received"))
    return Books(**places, received=received, copies=copies)


def test_everything_in_its_place(load: Load) -> None:
    account = account_for(load, books())
    assert (account.pushed, account.lost, account.doubled, account.stray) == (PUSHED, 0, 0, 0)
    assert account.remarks == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (books(queue={1: None}), "nothing in the queue"),
        (books(queue={1: ("fault-1", "Pending delivery")}), 'still "Pending delivery"'),
        (books(queue={1: ("other-7", "Sent")}), "that of other-7 in the queue"),
        (books(archive={1: None}), "nothing in the archive"),
        (books(archive={1: ("fault-1", "Pending delivery")}), 'in the archive "Pending delivery"'),
        (books(archived_logs={1: "Pending delivery"}), 'log "Pending delivery"'),
        (books(received={1: 0}), "Sent, and never received"),
    ],
)
def test_lost(load: Load, wrong: Books, said: str) -> None:
    account = account_for(load, wrong)
    assert account.lost == 1
    assert said in account.remarks[0]


def test_pushed_and_never_answered(load: Load) -> None:
    with load.outbox.open("a") as outbox:
        outbox.write("push 3\n")
    assert account_for(load, books()).lost == 1


def test_message_sent_twice(load: Load) -> None:
    assert account_for(load, books(received={2: 3})).doubled == 2


def test_one_key_two_events(load: Load) -> None:
    assert account_for(load, books(queue={9: ("fault-2", "Sent")})).doubled == 1


def test_message_of_an_event_that_is_not_sent(load: Load) -> None:
    failed = {1: ("fault-1", "Delivery failed")}
    log = {1: "Delivery failed"}
    account = account_for(load, books(queue=failed, archive=failed, logs=log, archived_logs=log))
    assert (account.lost, account.stray) == (0, 1)


class TestRestoredFromADump:
    """The last event was pushed after the dump, and is gone from the database."""

    GONE: ClassVar[dict[int, None]] = {2: None}

    def test_what_was_not_archived_is_gone(self, load: Load) -> None:
        load.forgotten = Forgotten(since=101.5, until=110, archived={})
        account = account_for(load, books(queue=self.GONE, archive=self.GONE))
        assert (account.lost, account.forgotten) == (0, 1)

    def test_what_was_archived_has_to_be_there(self, load: Load) -> None:
        load.forgotten = Forgotten(since=101.5, until=110, archived={FIRST + 2: "fault-2"})
        assert account_for(load, books(queue=self.GONE)).lost == 0
        assert account_for(load, books(queue=self.GONE, archive=self.GONE)).lost == 1

    def test_its_id_given_to_another_is_a_loss(self, load: Load) -> None:
        load.forgotten = Forgotten(since=101.5, until=110, archived={FIRST + 2: "fault-2"})
        other = {2: ("fault-8", "Sent")}
        account = account_for(load, books(queue=other, archive=other))
        assert account.lost == 1
        assert "which has fault-8" in account.remarks[0]

    def test_what_was_pushed_before_the_dump_has_to_be_there(self, load: Load) -> None:
        load.forgotten = Forgotten(since=102.5, until=110, archived={})
        assert account_for(load, books(queue=self.GONE)).lost == 1
