"""The codes of an event: callers of Campaign send them as numbers, as digits or as words."""

from __future__ import annotations

from message_center.channels import CHANNELS

WORDS = {
    "wished_channel": {**CHANNELS, "sms": CHANNELS["mobile"]},
    "email_format": {"unknown": 0, "text": 1, "html": 2},
}


def code_of(field: str, text: str) -> int | str:
    """Return the number that a text says. What says none is refused by the instance, in its own words."""
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    return WORDS[field].get(text.lower(), text)
