"""Back-pressure: messages go out as fast as the server takes them, and no faster than they may."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MEASURED_SECONDS = 2.0  # over which the accepted are counted
MIN_RATE = 0.5  # messages a second: a server that refuses everything is still asked
SLOWER = 0.95  # of what was accepted lately: the rate after a refusal
FASTER, FASTER_BY = 0.02, 0.25  # the rate grows by so much of itself, and by so many messages, each second
SLOWER_AGAIN_SECONDS = 1.0  # refusals of one and the same excess come one after the other, and count once
MAX_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """
    What a server may be given, as its Airflow connection says.

    :param max_per_second: messages a second, over all sessions; ``None``: as many as it takes.
    :param max_sessions: sessions at once; ``None``: as many as the operator has.
    :param groups: messages a second for some groups of recipients: their domains.
    """

    max_per_second: float | None = None
    max_sessions: int | None = None
    groups: Mapping[str, float] = field(default_factory=dict)


class Throttle:
    """
    Says when the next message may go out.

    Without a refusal there is no limit but ``max_rate``. After one, the rate is what was accepted lately, a little
    less, and grows again from there. While one refusal follows the other, the pauses between the messages grow too.
    """

    def __init__(self, max_rate: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_rate = max_rate or float("inf")
        self._clock = clock
        self._rate = self._max_rate
        self._free_at = self._slowed_at = self._grown_at = self._began_at = clock()
        self._accepted: deque[float] = deque()
        self._refusals = 0

    @property
    def rate(self) -> float:
        """Messages a second that may go out now; infinite where nothing limits them."""
        return self._rate

    def reserve(self) -> float:
        """Take the next turn; return in how many seconds it is."""
        now = self._clock()
        if self._rate < self._max_rate:
            seconds, self._grown_at = now - self._grown_at, now
            self._rate = min(self._max_rate, self._rate + (FASTER * self._rate + FASTER_BY) * seconds)
        turn = max(now, self._free_at)
        self._free_at = turn + 1 / self._rate
        return turn - now

    def accepted(self) -> None:
        """Note that a message was taken."""
        self._refusals = 0
        self._accepted.append(self._clock())
        while self._accepted[0] < self._accepted[-1] - MEASURED_SECONDS:
            self._accepted.popleft()

    def refused(self) -> None:
        """Slow down."""
        now = self._clock()
        if self._rate == self._max_rate or now - self._slowed_at > SLOWER_AGAIN_SECONDS:
            self._rate = max(MIN_RATE, SLOWER * min(self._rate, self._measured(now)))
            self._slowed_at = self._grown_at = now
        # At random, or all that a burst was refused would come back at one instant.
        pause = random.uniform(0.5, 1.5) * min(MAX_PAUSE_SECONDS, 2**self._refusals / self._rate)
        self._refusals = min(self._refusals + 1, 10)
        self._free_at = max(self._free_at, now + pause)

    def _measured(self, now: float) -> float:
        lately = sum(at > now - MEASURED_SECONDS for at in self._accepted)
        return lately / min(MEASURED_SECONDS, max(now - self._began_at, 1.0))
