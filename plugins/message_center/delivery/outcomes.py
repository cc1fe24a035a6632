"""What became of an event, as ``log_deliveries`` takes it, and how SMTP replies are read (RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["Sent", "Ignored by the delivery", "Delivery failed", "Pending delivery"]

UNKNOWN_USER, INVALID_DOMAIN, UNREACHABLE, DISABLED, INBOX_FULL, REFUSED = 1, 2, 3, 4, 5, 20

# By subject and detail of the enhanced status first, then by its subject, then by the basic code.
REASONS = {
    "1.2": INVALID_DOMAIN,
    "1.10": INVALID_DOMAIN,
    "2.1": DISABLED,
    "2.2": INBOX_FULL,
    "1": UNKNOWN_USER,
    "2": UNKNOWN_USER,
    "4": UNREACHABLE,
    "550": UNKNOWN_USER,
    "551": UNKNOWN_USER,
    "553": UNKNOWN_USER,
    "452": INBOX_FULL,
    "552": INBOX_FULL,
}
# Mail system, protocol, content, policy: trouble that another message or server would not have.
NOT_ABOUT_THE_ADDRESS = {"3", "5", "6", "7"}
# The same for replies without an enhanced status: command not understood, bad sequence, no login.
PROTOCOL_CODES = {500, 502, 503, 504, 530}
LONGEST_MESSAGE = 300

ENHANCED_STATUS = re.compile(r"^[245]\.(\d{1,3})\.(\d{1,3})\b")
# What differs in every reply: the queue and session ids that servers add.
SESSION_ID = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b")


@dataclass(frozen=True)
class Outcome:
    """One event's outcome; "Pending delivery" without a failure type gives it back without counting a try."""

    event_id: int
    status: Status
    failure_type: Literal["soft", "hard", "ignored"] | None = None
    failure_reason: int = 0
    message: str | None = None
    quarantine: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sent(event_id: int) -> Outcome:
    return Outcome(event_id, "Sent")


def not_rendered(event_id: int, reason: str) -> Outcome:
    return Outcome(event_id, "Delivery failed", "hard", 0, printable(reason)[:LONGEST_MESSAGE])


def stopped(event_id: int, reason: str) -> Outcome:
    return Outcome(event_id, "Ignored by the delivery", "ignored", 0, printable(reason)[:LONGEST_MESSAGE])


def given_back(event_id: int) -> Outcome:
    return Outcome(event_id, "Pending delivery")


def server_trouble(event_id: int, reason: str) -> Outcome:
    """Counts as a try, so that a message which no server takes comes to an end."""
    return Outcome(event_id, "Pending delivery", "soft", UNREACHABLE, printable(reason)[:LONGEST_MESSAGE])


def refused(event_id: int, address: str, code: int, text: str) -> Outcome:
    """
    Return the outcome of a 4xx or 5xx reply to RCPT or DATA.

    A 5xx fails the event and puts the address in quarantine, unless it is about something else.
    """
    message = f"{code} {anonymous(text, address)}"[:LONGEST_MESSAGE].strip()
    if code < 500:
        return Outcome(event_id, "Pending delivery", "soft", reason_code(code, text), message)
    enhanced = ENHANCED_STATUS.match(text)
    elsewhere = enhanced[1] in NOT_ABOUT_THE_ADDRESS if enhanced else code in PROTOCOL_CODES
    return Outcome(event_id, "Delivery failed", "hard", reason_code(code, text), message, quarantine=not elsewhere)


def reason_code(code: int, text: str) -> int:
    """Return the reason code of a reply."""
    enhanced = ENHANCED_STATUS.match(text)
    keys = (f"{enhanced[1]}.{enhanced[2]}", enhanced[1]) if enhanced else (str(code),)
    return next((REASONS[key] for key in keys if key in REASONS), UNREACHABLE if code < 500 else REFUSED)


def anonymous(text: str, address: str) -> str:
    """Return the reply as one line, without the recipient and the session, so that replies stay few."""
    domain = address.rpartition("@")[2]
    line = printable(text)
    for personal, name in ((address, "address"), (domain, "domain")):
        line = re.sub(rf"(?<![\w.]){re.escape(personal)}(?![\w])", f"<{name}>", line, flags=re.IGNORECASE)
    return SESSION_ID.sub("<id>", line.replace("<<", "<").replace(">>", ">"))


def printable(text: str) -> str:
    """Return the text as one line that a database can hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
