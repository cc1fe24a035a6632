"""Single events that come at the same time are pushed together: a transaction for each would be most of the work."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

import psycopg

from message_center.intake.halving import Halves
from message_center.intake.instance import Instance, Result
from message_center.intake.problems import ProblemError

MAX_EVENTS = 500
FEW_EVENTS = 32
"""So many go together, though none is left behind: in smaller calls an event costs more."""
MAX_CHARACTERS = 1024 * 1024
LARGE_CHARACTERS = 64 * 1024
Waiting = tuple[str, "asyncio.Future[Result]"]
Kind = tuple[str, str, bool]
"""What is pushed together: of one caller, for one queue, and what is large apart, for which nobody else has to wait."""


class Gatherer:
    """
    Gathers the events of one instance for as long as those before them are being stored.

    No time is set for it: an event that comes alone waits for nothing, and the busier the instance is, the more of them
    go together.

    :param at_once: how many calls the instance has from here at most.
    """

    def __init__(self, instance: Instance, at_once: int) -> None:
        self.instance = instance
        self._turns = asyncio.Semaphore(at_once)
        # However many of its calls are slow, a caller leaves one to others.
        self._turns_of = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(max(1, at_once - 1)))
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Kind, list[Waiting]] = {}
        self._pushes: set[asyncio.Task[None]] = set()

    async def push(self, caller: str, queue: str, event: str) -> Result:
        """
        Push an event, with those that others push at the same time.

        :param event: one JSON value, which it has been found to be.
        :raises ProblemError: if the instance can't be reached.
        """
        kind = caller, queue, len(event) > LARGE_CHARACTERS
        if kind not in self._waiting:
            self._waiting[kind] = []
            task = self._loop.create_task(self._push_all(kind))
            self._pushes.add(task)
            task.add_done_callback(self._pushes.discard)
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting[kind].append((event, future))
        return await future

    async def _push_all(self, kind: Kind) -> None:
        caller, queue, _ = kind
        while self._waiting[kind]:
            # A turn of the loop, for what has arrived by now.
            await asyncio.sleep(0)
            async with self._turns_of[caller], self._turns:
                together, self._waiting[kind] = cut(self._waiting[kind])
                try:
                    await self._push(caller, queue, together)
                except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for ever: each is told
                    for _, future in together:
                        _settle(future, error)
        del self._waiting[kind]

    async def _push(self, caller: str, queue: str, whole: list[Waiting]) -> None:
        for part in (halves := Halves(whole)):
            results: Sequence[Result | ProblemError]
            try:
                results = await self.instance.push(caller, queue, f"[{','.join(event for event, _ in part)}]")
            except ProblemError as problem:
                results = [problem] * len(part)
            except psycopg.Error as error:
                results = halves.refused(error)
                if not results:
                    continue  # it comes again in halves
            for (_, future), result in zip(part, results, strict=True):
                _settle(future, result)


def cut(waiting: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """
    Return what goes into one call, of a size that nobody has to wait for, and what comes after it.

    Of many the half: if all went together, the door would wait for them, and then the instance for the door.
    """
    half = max(FEW_EVENTS, (len(waiting) + 1) // 2)
    sizes = accumulate(len(event) for event, _ in waiting[: min(MAX_EVENTS, half)])
    count = max(1, sum(size <= MAX_CHARACTERS for size in sizes))
    return waiting[:count], waiting[count:]


def _settle(future: asyncio.Future[Result], result: Result | Exception) -> None:
    # A caller that has gone away waits for nothing any more.
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
