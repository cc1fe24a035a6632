"""The claims of a window that nobody has begun, each group of recipients at its own pace."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator
from itertools import count

from message_center.delivery.claims import Claim
from message_center.delivery.sender import Sender
from message_center.delivery.throttle import Throttle

MAX_PARKED = 100
"""How many claims wait for the turn of their group at most: a slow group must not fill the hand."""


class PacedQueue:
    """
    A queue that gives out a claim when the group of its recipient may have one.

    Claims of a group with a limit wait beside the queue for their turn, and hold nobody up.

    :param give_back: called with a claim whose turn would come too late.
    """

    def __init__(self, sender: Sender[object], give_back: Callable[[Claim], None]) -> None:
        self._group, self._give_back = sender.group, give_back
        self._throttles = {group: Throttle(rate) for group, rate in sender.limits.groups.items()}
        self._queue: asyncio.Queue[Claim | None] = asyncio.Queue()
        self._parked: list[tuple[float, int, Claim]] = []
        self._numbers = count()

    def __len__(self) -> int:
        """How many wait for a sending loop; not those who wait for the turn of their group."""
        return self._queue.qsize()

    def put(self, claim: Claim | None) -> None:
        """Put a claim in; ``None`` ends one of those that get."""
        self._queue.put_nowait(claim)

    async def get(self) -> Claim | None:
        """Return the next claim whose turn it is; ``None``: there will be none."""
        clock = asyncio.get_running_loop().time
        while True:
            wait = self._parked[0][0] - clock() if self._parked else None
            if wait is not None and wait <= 0:
                return heapq.heappop(self._parked)[2]
            try:
                claim = await asyncio.wait_for(self._queue.get(), wait)
            except asyncio.TimeoutError:
                continue
            if claim is None or self._is_due(claim, clock()):
                return claim

    def drain(self) -> Iterator[Claim]:
        """Yield all that is left."""
        while not self._queue.empty():
            if (claim := self._queue.get_nowait()) is not None:
                yield claim
        while self._parked:
            yield heapq.heappop(self._parked)[2]

    def _is_due(self, claim: Claim, now: float) -> bool:
        throttle = self._throttles.get(self._group(claim.event))
        if throttle is None:
            return True
        if len(self._parked) >= MAX_PARKED:
            self._give_back(claim)
            return False
        turn = now + throttle.reserve()
        if turn > now:
            heapq.heappush(self._parked, (turn, next(self._numbers), claim))
        return turn <= now
