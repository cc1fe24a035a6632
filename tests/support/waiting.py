"""Waiting for what comes in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.3

Found = TypeVar("Found")


def until(what: str, look: Callable[[], Found], seconds: float) -> Found:
    """Return the first true value of ``look``, or fail saying what was waited for."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(POLL_SECONDS)
    return found
