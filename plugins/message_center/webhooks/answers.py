"""What a receiver's answer means, and what is told of one that does not answer as it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpcore

from message_center.errors import one_line

MAX_PAUSE_SECONDS = 3600.0
MAX_TOLD = 200
GONE = 410
PAUSING = (429, 503)
"""After these a receiver may say until when to leave it alone."""


@dataclass(frozen=True)
class Answer:
    """
    What became of a message.

    :param error: why it was not taken; ``None`` if it was. Never a part of the URL, nor of what was answered.
    :param pause_seconds: for how long the receiver wants to be left alone.
    :param is_gone: whether it wants nothing any more.
    """

    error: str | None = None
    pause_seconds: float | None = None
    is_gone: bool = False


def answer_of(status: int, retry_after: str | None = None) -> Answer:
    """Return what a receiver's status means: 2xx alone is taken, and no redirect is followed."""
    if status in range(200, 300):
        return Answer()
    what = "a redirect, which is not followed" if status in range(300, 400) else "refused"
    pause = _seconds(retry_after) if status in PAUSING else None
    return Answer(f"{what}: HTTP {status}", pause, status == GONE)


def told(problem: Exception) -> str:
    """Return what is told of an error: of what came in, which may be anybody's, only that it is no answer."""
    text = one_line(problem)
    if isinstance(problem, httpcore.ProxyError):
        text = f"the proxy answers {text[:3]}"
    elif isinstance(problem, httpcore.ProtocolError):
        # Behind the colon there is what was answered.
        text = text.partition(": ")[0]
    return ": ".join(filter(None, (type(problem).__name__, text[:MAX_TOLD])))


def _seconds(retry_after: str | None) -> float | None:
    """Return how long Retry-After asks to wait: seconds, or a date."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdecimal():
            seconds = float(retry_after)
        else:
            seconds = (parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_PAUSE_SECONDS)
