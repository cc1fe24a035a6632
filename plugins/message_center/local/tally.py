"""The demo's bookkeeping: what became of each event in the queues, the archive, at the SMTP sink and the webhook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from rich.table import Table

from message_center.local.samples import REFUSED, Sample
from message_center.sql import statement
from message_center.statuses import STATUSES

WAITING = STATUSES[:2]
Statuses = dict[int, str]


@dataclass
class Tally:
    """
    One account's samples, followed through the system.

    :param run: what the external ids of this run start with.
    """

    account: str
    run: str
    samples: Sequence[Sample]
    expected: Statuses = field(default_factory=dict)
    refused: list[tuple[Sample, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    queue: Statuses = field(default_factory=dict)
    archive: Statuses = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    received: Counter[int] = field(default_factory=Counter)
    told: list[dict[str, Any]] = field(default_factory=list)

    def pushed(self, sample: Sample, event_id: int | None, reason: str | None) -> None:
        """Note what intake answered."""
        if event_id is not None:
            self.expected[event_id] = sample.expected
        else:
            self.refused.append((sample, str(reason)))
        if (event_id is None) != (sample.expected == REFUSED):
            name = sample.event["external_id"]
            self.problems.append(f"{self.account}: intake of {name} answered {reason or 'with an id'}")

    def read_queue(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        rows = connection.execute(statement("local/event_statuses"), [self.run]).fetchall()
        self.queue = {event_id: status for event_id, status, _ in rows}
        self.reasons = {event_id: reason for event_id, _, reason in rows if reason}

    def read_archive(self, control: psycopg.Connection[tuple[Any, ...]]) -> None:
        rows = control.execute(statement("local/archived_statuses"), [self.account, self.run])
        self.archive = dict(rows.fetchall())

    def is_final(self) -> bool:
        return len(self.queue) == len(self.expected) and not set(self.queue.values()) & set(WAITING)

    def read_told(self, recorded: Iterable[dict[str, Any]]) -> None:
        """Note the messages of its events, of all that the receiver has recorded."""
        names = set(map(str, self.expected))
        self.told = [each for each in recorded if each.get("data", {}).get("id") in names]

    def told_last(self) -> Statuses:
        """Return the last status that the webhook was told of each event."""
        return {int(message["data"]["id"]): message["data"]["status"] for message in self.told}

    def is_told(self) -> bool:
        last = self.told_last()
        return last.keys() == self.expected.keys() and not set(last.values()) & set(WAITING)

    def check(self) -> list[str]:
        """Return what is not as it should be, in words."""
        wrong, told_last = list(self.problems), self.told_last()
        for event_id, expected in self.expected.items():
            found = self.queue.get(event_id, "gone")
            if found != expected:
                because = self.reasons.get(event_id, "no reason given")
                wrong.append(f'{self.account}: event {event_id} is "{found}" instead of "{expected}" ({because})')
            if self.archive.get(event_id) != found:
                archived = self.archive.get(event_id, "missing")
                wrong.append(f'{self.account}: event {event_id} is "{found}", in the archive "{archived}"')
            if (told := told_last.get(event_id, "missing")) != found:
                wrong.append(f'{self.account}: event {event_id} is "{found}", told to the webhook "{told}"')
            if self.received[event_id] != (expected == "Sent"):
                wrong.append(f"{self.account}: event {event_id} reached the sink {self.received[event_id]} times")
        strangers = (self.queue.keys() | self.archive.keys()) - self.expected.keys()
        return wrong + [f"{self.account}: event {event_id} was never pushed" for event_id in strangers]


def progress(tallies: Sequence[Tally]) -> Table:
    """Return where the events are now, a row per account."""
    table = Table("Instance", *STATUSES, title="Events in the queues")
    for tally in tallies:
        counts = Counter(tally.queue.values())
        table.add_row(tally.account, *(str(counts[status] or "·") for status in STATUSES))
    return table


def account_for(tallies: Sequence[Tally]) -> Table:
    """Return the account of every event: pushed, in its queue, in the archive, at the sink, at the webhook."""
    table = Table("Instance", "Status", title="Every event accounted for")
    for column in ("Expected", "Queue tables", "Archive", "Received by SMTP", "Told to the webhook"):
        table.add_column(column, justify="right")
    for tally in tallies:
        expected, queue, archive, told = (
            Counter(statuses.values()) for statuses in (tally.expected, tally.queue, tally.archive, tally.told_last())
        )
        for status in STATUSES:
            if expected[status] or queue[status] or archive[status] or told[status]:
                received = sum(tally.received[event] for event, found in tally.queue.items() if found == status)
                numbers = (expected[status], queue[status], archive[status], received, told[status])
                table.add_row(tally.account, status, *map(str, numbers))
        refused = sum(sample.expected == REFUSED for sample in tally.samples)
        table.add_row(tally.account, "(refused at intake)", str(refused), str(len(tally.refused)), "", "", "")
        totals = (len(tally.samples), len(tally.queue) + len(tally.refused), len(tally.archive))
        table.add_row(
            tally.account,
            "Total",
            *map(str, totals),
            str(tally.received.total()),
            str(told.total()),
            style="bold",
            end_section=True,
        )
    return table


def told_in_words(tallies: Sequence[Tally], refused: int) -> str:
    """
    Return what the webhooks were told, in words.

    :param refused: how many messages besides had no signature that holds.
    """
    last = [tally.told_last() for tally in tallies]
    are_right = all(told.items() <= tally.queue.items() for told, tally in zip(last, tallies, strict=True))
    signatures = f"signatures that did not hold: {refused:,}" if refused else "each signature held"
    statuses = "each one's last status is the event's" if are_right else "the last status of some is not the event's"
    messages = sum(len(tally.told) for tally in tallies)
    return f"{sum(map(len, last)):,} events were told to webhooks in {messages:,} messages: {signatures}, {statuses}."
