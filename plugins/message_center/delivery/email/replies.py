"""How SMTP replies are read: what they say of an event, and of its address (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re

from message_center.delivery.outcomes import (
    DISABLED,
    INBOX_FULL,
    INVALID_DOMAIN,
    MAX_MESSAGE_LENGTH,
    REFUSED,
    UNKNOWN_USER,
    UNREACHABLE,
    Outcome,
)
from message_center.errors import one_line

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
ENHANCED_STATUS = re.compile(r"^[245]\.(\d{1,3})\.(\d{1,3})\b")
# What differs in every reply: the queue and session ids that servers add.
SESSION_ID = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b")


def refused(event_id: int, address: str, code: int, text: str) -> Outcome:
    """
    Return the outcome of a 4xx or 5xx reply to RCPT or DATA.

    A 5xx fails the event and puts the address in quarantine, unless it is about something else.
    """
    message = f"{code} {anonymous(text, address)}"[:MAX_MESSAGE_LENGTH].strip()
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
    line = one_line(text)
    for personal, name in ((address, "address"), (domain, "domain")):
        line = re.sub(rf"(?<![\w.]){re.escape(personal)}(?![\w])", f"<{name}>", line, flags=re.IGNORECASE)
    return SESSION_ID.sub("<id>", line.replace("<<", "<").replace(">>", ">"))
