"""Calls of one caller that an instance has at once: more of them wait in a lane of their own, and hold nobody up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from message_center.intake.problems import busy


class Lane:
    """
    A lane of a caller.

    :param width: how many of its calls go on at once.
    :param seconds: how long one waits for its turn.
    """

    def __init__(self, width: int, seconds: float) -> None:
        self._seconds, self._turns = seconds, asyncio.Semaphore(width)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Wait for a turn.

        :raises ProblemError: if none comes in time.
        """
        if not self._turns.locked():
            await self._turns.acquire()  # at once
        else:
            try:
                await asyncio.wait_for(self._turns.acquire(), self._seconds)
            except asyncio.TimeoutError:
                raise busy("Other calls of this caller take all of its turns.") from None
        try:
            yield
        finally:
            self._turns.release()
