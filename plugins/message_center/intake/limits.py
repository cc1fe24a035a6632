"""How many events a caller may send: a bucket of tokens for each caller, in each process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

BURST_SECONDS = 2.0


class Bucket:
    """
    Tokens that come back at a steady rate, up to two seconds' worth of them.

    :param rate: tokens a second.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._clock = rate, clock
        self._tokens, self._at = rate * BURST_SECONDS, clock()

    def take(self, count: int) -> float:
        """
        Take tokens, if there are any: more than there are at a time are owed.

        :return: 0, or in how many seconds there are some again.
        """
        now = self._clock()
        self._tokens = min(self.rate * BURST_SECONDS, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < min(count, self.rate):
            return max(0.001, (min(count, self.rate) - self._tokens) / self.rate)
        self._tokens -= count
        return 0.0


def whole_seconds(seconds: float) -> int:
    """Return what a Retry-After may say: at least one second."""
    return max(1, math.ceil(seconds))
