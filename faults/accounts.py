"""Every event accounted for: as the sender knows it, in the queue tables, in the archive, at the SMTP server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from faults.load import Answer, Forgotten, Load
from faults.system import ACCOUNT, System

WAITING = ("Pending", "Pending delivery")
Row = tuple[str, str]
"""The external id of an event, and its status."""


@dataclass(frozen=True)
class Books:
    """
    What each place says.

    :param logs, archived_logs: the status in the delivery log by event id.
    :param received: how many messages the SMTP server took, by event id.
    """

    queue: Mapping[int, Row]
    archive: Mapping[int, Row]
    logs: Mapping[int, str]
    archived_logs: Mapping[int, str]
    received: Counter[int]
    copies: Counter[str]


@dataclass
class Account:
    """
    What became of the events of one load.

    :ivar lost: events that are not in exactly one final status, in queue and archive alike, or Sent without a message.
    :ivar doubled: messages beyond the first of an event, and events beyond the first of a key.
    :ivar stray: messages of events that are not Sent, and events that no sender knows.
    :ivar forgotten: events that were pushed after the dump from which the database was restored.
    """

    pushed: int = 0
    lost: int = 0
    doubled: int = 0
    stray: int = 0
    forgotten: int = 0
    remarks: list[str] = field(default_factory=list)

    def say(self, remark: str) -> None:
        if len(self.remarks) < 10:
            self.remarks.append(remark)


def read(system: System) -> Books:
    """Read all books of the system."""
    with system.execution.connect() as execution, system.control.connect() as control:
        queue = _rows(execution, "select id, external_id, status::text from message_center.event")
        archive = _rows(control, f"select id, external_id, status from archive.event where account = '{ACCOUNT}'")
        logs = _statuses(execution, "select event_id, status::text from message_center.delivery_log")
        archived = _statuses(control, f"select event_id, status from archive.delivery_log where account = '{ACCOUNT}'")
    copies = Counter(external_id for external_id, _ in queue.values())
    return Books(queue, archive, logs, archived, received(system.running.paths.messages), copies)


def _rows(connection: psycopg.Connection[Any], query: str) -> dict[int, Row]:
    return {event_id: (external_id, status) for event_id, external_id, status in connection.execute(query)}


def _statuses(connection: psycopg.Connection[Any], query: str) -> dict[int, str]:
    return dict(connection.execute(query).fetchall())


def received(record: Path) -> Counter[int]:
    """Count the messages that the SMTP sink has recorded, by the event in their Message-ID, ``<event id@domain>``."""
    found: Counter[int] = Counter()
    if record.exists():
        with record.open(encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)["message_id"].strip("<>").partition("@")[0]
                found[int(event) if event.isdecimal() else 0] += 1
    return found


def account_for(load: Load, books: Books) -> Account:
    """Account for every event of a load."""
    answers = load.answers()
    account = Account(pushed=len(answers))
    if unanswered := load.unanswered():
        account.lost += unanswered
        account.say(f"{unanswered} events were pushed and never answered")
    for answer in answers:
        name = f"{load.label}-{answer.number}"
        if load.forgotten and load.forgotten.explains(answer.at) and name not in books.copies:
            fault = _fault_of_forgotten(name, answer.event_id, load.forgotten, books)
            account.forgotten += 1
        else:
            fault = _fault(name, answer, books)
        if fault:
            account.lost += 1
            account.say(fault)
    _count_messages(account, answers, books)
    _count_copies(account, load, books)
    return account


def _fault(external_id: str, answer: Answer, books: Books) -> str:
    """Say what is wrong with an event; nothing if it is where it should be."""
    event_id = answer.event_id
    if not event_id:
        return f"{external_id}: refused: {answer.reason}"
    known, status = books.queue.get(event_id, ("nothing", "gone"))
    archived_as, archived = books.archive.get(event_id, ("nothing", "gone"))
    for place, found in (("queue", known), ("archive", archived_as)):
        if found != external_id:
            return f"{external_id}: its id {event_id} is that of {found} in the {place}"
    logged, archived_log = books.logs.get(event_id), books.archived_logs.get(event_id)
    if status in WAITING:
        return f'{external_id}: still "{status}"'
    if (archived, archived_log) != (status, logged):
        return f'{external_id}: "{status}", log "{logged}"; in the archive "{archived}", log "{archived_log}"'
    if status == "Sent" and not books.received[event_id]:
        return f"{external_id}: Sent, and never received"
    return ""


def _fault_of_forgotten(external_id: str, event_id: int, forgotten: Forgotten, books: Books) -> str:
    """
    Say what is wrong with an event that was pushed after the dump from which its database was restored.

    That database has lost it by definition. But what the archive had of it, it must still have.
    """
    if event_id not in forgotten.archived:
        return ""
    found, _ = books.archive.get(event_id, ("nothing", "gone"))
    return "" if found == external_id else f"{external_id}: was in the archive, which has {found} as {event_id} now"


def _count_messages(account: Account, answers: Iterable[Answer], books: Books) -> None:
    """Count messages that should not be."""
    for event_id in {answer.event_id for answer in answers}:
        messages = books.received[event_id]
        account.doubled += max(0, messages - 1)
        status = books.queue.get(event_id, ("", ""))[1]
        if messages and status not in ("Sent", "", *WAITING):
            account.stray += 1
            account.say(f'event {event_id} is "{status}", and was received')


def _count_copies(account: Account, load: Load, books: Books) -> None:
    """Count events of one key, and of no answer."""
    known = {f"{load.label}-{answer.number}" for answer in load.answers()}
    mine = {name: copies for name, copies in books.copies.items() if name.rpartition("-")[0] == load.label}
    account.doubled += sum(copies - 1 for copies in mine.values())
    for name in mine.keys() - known:
        account.stray += 1
        account.say(f"{name} is in the queue, and its sender does not know it")
