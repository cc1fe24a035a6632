"""Where a sender's trace goes on: https://www.w3.org/TR/trace-context/."""

from __future__ import annotations

import re

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(told: str | None) -> str | None:
    """Return what somebody has told, if it is a trace: a broken one is left out, as the recommendation has it."""
    return told if told and _TRACEPARENT.fullmatch(told) else None
