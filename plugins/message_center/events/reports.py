"""Reports over the archive: service level, processing time, history; by type, account, channel or queue, and period."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from message_center.events.errors import AskedError
from message_center.events.filters import EventFilter
from message_center.sql import statement

Connection = psycopg.Connection[Any]
Row = dict[str, Any]
Step = Literal["hour", "day", "week", "month"]
Grouping = Literal["type", "account", "channel", "queue", "nothing"]

MOST_PERIODS = 1000
SHORTEST = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
}
COUNTS = ("events", "sent", "ignored", "failed", "not_taken_into_account", "expired", "pending", "in_time")
TIMES = ("processing_seconds", "queue_seconds", "sending_seconds")
SHARES = ("p50", "p95", "p99")


@dataclass(frozen=True)
class Report:
    """
    What a report is about.

    :param wanted: with ``since`` and ``until``.
    :param accounts: none: all.
    :param within_seconds: from push (or schedule) to outcome; what was sent within counts as in time.
        ``None``: no times are wanted, which is much faster.
    """

    wanted: EventFilter
    step: Step
    by: Grouping = "type"
    accounts: Sequence[str] = ()
    within_seconds: float | None = 20.0


def report(control: Connection, asked: Report) -> list[Row]:
    """
    Return one row for each period and group: counts by outcome, times at three shares, the service level.

    Of more than 100,000 events over whole days, times are rounded (``is_rounded``), by 12 % at most.

    :raises AskedError: if there would be too many periods.
    """
    since, until = asked.wanted.since, asked.wanted.until
    if since is None or until is None or since >= until:
        raise AskedError("A report needs a period that ends after it begins.", "Give it since and until.")
    if (until - since) / SHORTEST[asked.step] > MOST_PERIODS:
        raise AskedError(f"The report would have more than {MOST_PERIODS} periods.", "Choose longer steps.")
    given = {
        "filter": Jsonb(asked.wanted.for_archive),
        "accounts": list(asked.accounts) or None,
        "step": asked.step,
        "by_what": asked.by,
        "within_seconds": asked.within_seconds,
    }
    of_counts = _is_of_counts(control, given)
    if of_counts:
        query = statement("control/counted_report")
    else:
        query = statement("control/event_report") if asked.within_seconds else statement("control/event_counts")
    rows = control.cursor(row_factory=dict_row).execute(query, given)
    return [{**row, "service_level": service_level(row), "is_rounded": of_counts} for row in rows]


def _is_of_counts(control: Connection, given: Row) -> bool:
    """Tell whether there are so many events that their counts are asked: times are rounded then."""
    (row,) = control.execute(statement("control/is_report_of_counts"), given).fetchall()
    return bool(row[0])


def service_level(row: Row) -> float | None:
    """
    Return the share of what was to be sent that was sent in time, from 0 to 1; ``None`` where nothing was to be.

    What was ignored was not to be sent, and what is pending is not late for certain.
    """
    if row["in_time"] is None:
        return None
    due = row["sent"] + row["failed"] + row["not_taken_into_account"] + row["expired"]
    return row["in_time"] / due if due else None


def as_csv(rows: Sequence[Row]) -> str:
    """Return a report as CSV, a column for each number; times in seconds, periods in UTC."""
    times = [f"{name}_{share}" for name in TIMES for share in SHARES]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["period", "name", *COUNTS, "service_level", *times])
    for row in rows:
        spread = [value for name in TIMES for value in row[name] or [None] * len(SHARES)]
        counts = (row[name] for name in COUNTS)
        writer.writerow([row["period"].isoformat(), harmless(row["name"]), *counts, row["service_level"], *spread])
    return text.getvalue()


def harmless(value: str | None) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula: senders name event types."""
    text = value or ""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
