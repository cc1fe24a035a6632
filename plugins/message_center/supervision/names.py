"""What people read of an indicator: its name in words, and the unit of its values."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """
    An indicator in words.

    :param unit: of its values; empty for numbers of events and yes or no.
    """

    words: str
    unit: str = ""


NAMES = {
    "pending": Name("events pending"),
    "pending_most": Name("most events pending"),
    "pending_least": Name("fewest events pending"),
    "pending_mean": Name("mean of events pending"),
    "oldest_pending_seconds": Name("age of the oldest pending event", "s"),
    "oldest_pending_seconds_most": Name("greatest age of a pending event", "s"),
    "error_rate": Name("error rate", "%"),
    "queue_seconds": Name("mean time in the queue", "s"),
    "queue_seconds_p95": Name("95 % of times in the queue", "s"),
    "sending_seconds": Name("mean sending time", "s"),
    "sending_seconds_p95": Name("95 % of sending times", "s"),
    "processing_seconds": Name("mean processing time", "s"),
    "processing_seconds_p95": Name("95 % of processing times", "s"),
    "awaiting_delivery": Name("events that await delivery"),
    "outgoing_per_hour": Name("messages sent an hour"),
    "quarantined_per_hour": Name("addresses put in quarantine in an hour"),
    "quarantine_rate": Name("addresses put in quarantine, of the messages of an hour", "%"),
    "events_in": Name("events in"),
    "routed": Name("events routed"),
    "sent": Name("messages sent"),
    "ignored": Name("events ignored by the delivery"),
    "failed": Name("deliveries failed"),
    "bounced": Name("messages bounced"),
    "not_taken_into_account": Name("events not taken into account"),
    "expired": Name("events expired"),
    "postponed": Name("tries postponed"),
    "heartbeat_seconds": Name("silence of the workflow", "s"),
    "paused": Name("paused"),
    "archive_lag_seconds": Name("time since the last archiving", "s"),
    "webhook_failing_seconds": Name("time for which a webhook has failed", "s"),
    "webhook_disabled": Name("webhook disabled"),
    "unreachable": Name("instance not reached"),
    "run_failed": Name("last run failed"),
}

YES_OR_NO = ("unreachable", "run_failed", "paused", "webhook_disabled")
"""Those that are 0 or 1."""


def with_unit(indicator: str, value: float | None) -> str:
    """Return a value as people read it."""
    if value is None:
        return "nothing"
    rounded = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{rounded} {NAMES[indicator].unit}".rstrip() if indicator in NAMES else rounded
