"""Waiting for what comes in its own time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.3
# Limits are meant for a machine that does nothing else. Beside other workers' tests they mean nothing: what is slow
# there is shown by the benchmarks, and what never comes, by this many times the limit.
PATIENCE = 4 if "PYTEST_XDIST_WORKER" in os.environ else 1

Found = TypeVar("Found")


def until(what: str, look: Callable[[], Found], seconds: float) -> Found:
    """
    Return the first true value of ``look``, or fail saying what was waited for.

    :param seconds: what it may take on a machine that does nothing else.
    """
    seconds *= PATIENCE
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(POLL_SECONDS)
    return found
