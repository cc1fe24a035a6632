"""What became of an event, as ``log_deliveries`` takes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from message_center.errors import one_line

Status = Literal["Sent", "Ignored by the delivery", "Delivery failed", "Pending delivery"]

UNKNOWN_USER, INVALID_DOMAIN, UNREACHABLE, DISABLED, INBOX_FULL, REFUSED = 1, 2, 3, 4, 5, 20
MAX_MESSAGE_LENGTH = 300


@dataclass(frozen=True)
class Outcome:
    """One event's outcome; "Pending delivery" without a failure type gives it back without counting a try."""

    event_id: int
    status: Status
    failure_type: Literal["soft", "hard", "ignored"] | None = None
    failure_reason: int = 0
    message: str | None = None
    quarantine: bool = False
    claim_token: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sent(event_id: int) -> Outcome:
    return Outcome(event_id, "Sent")


def not_rendered(event_id: int, reason: str) -> Outcome:
    return Outcome(event_id, "Delivery failed", "hard", 0, one_line(reason)[:MAX_MESSAGE_LENGTH])


def stopped(event_id: int, reason: str) -> Outcome:
    return Outcome(event_id, "Ignored by the delivery", "ignored", 0, one_line(reason)[:MAX_MESSAGE_LENGTH])


def given_back(event_id: int) -> Outcome:
    return Outcome(event_id, "Pending delivery")


def sender_refused(event_id: int, said: str) -> Outcome:
    """Counts as a try: whoever corrects the sender has hours for it."""
    return Outcome(event_id, "Pending delivery", "soft", REFUSED, one_line(said)[:MAX_MESSAGE_LENGTH])


def server_trouble(event_id: int, reason: str) -> Outcome:
    """Counts as a try, so that a message which no server takes comes to an end."""
    return Outcome(event_id, "Pending delivery", "soft", UNREACHABLE, one_line(reason)[:MAX_MESSAGE_LENGTH])
