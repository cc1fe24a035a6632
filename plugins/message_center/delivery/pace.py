"""How much the engine claims at once."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass


@dataclass
class Pace:
    """How much to claim: what is sent in a second, so that a slow server doesn't make the engine hoard."""

    sessions: int
    max_events: int
    _settled: int = 0
    _since: float = 0.0

    def size(self, settled: int) -> int:
        """Return how many events to claim now."""
        seconds = max(asyncio.get_running_loop().time() - self._since, 0.001)
        rate = (settled - self._settled) / seconds
        return min(self.max_events, max(4 * self.sessions, math.ceil(rate)))

    def claimed(self, settled: int) -> None:
        """Begin to measure again."""
        self._settled, self._since = settled, asyncio.get_running_loop().time()
