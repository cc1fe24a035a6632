"""Single events that come at the same time are pushed together: a transaction for each would be most of the work."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

import psycopg

from message_center.intake.halving import Halves
from message_center.intake.instance import Instance, Result
from message_center.intake.problems import ProblemError

MAX_GATHERED = 500
MAX_GATHERED_CHARACTERS = 4 * 1024 * 1024
Waiting = tuple[str, "asyncio.Future[Result]"]


class Gatherer:
    """Gathers the events of one instance, by caller and queue."""

    def __init__(self, instance: Instance, seconds: float, at_once: int) -> None:
        self.instance, self.seconds = instance, seconds
        self._waiting: defaultdict[tuple[str, str], list[Waiting]] = defaultdict(list)
        self._turns = asyncio.Semaphore(at_once)
        self._flushes: set[asyncio.Task[None]] = set()

    async def push(self, caller: str, queue: str, event: str) -> Result:
        """
        Push an event, with those that others push at the same time.

        :param event: one JSON value, which it has been found to be.
        :raises ProblemError: if the instance can't be reached.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[caller, queue]
        waiting.append((event, future))
        if len(waiting) == 1:
            task = asyncio.create_task(self._flush(caller, queue))
            self._flushes.add(task)
            task.add_done_callback(self._flushes.discard)
        return await future

    async def _flush(self, caller: str, queue: str) -> None:
        await asyncio.sleep(self.seconds)
        # While all connections are busy, more of them gather.
        async with self._turns:
            waiting = self._waiting.pop((caller, queue))
            try:
                for part in parts(waiting):
                    await self._push(caller, queue, part)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for ever: each is told
                for _, future in waiting:
                    _settle(future, error)

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


def parts(waiting: list[Waiting]) -> list[list[Waiting]]:
    """Cut what has gathered into calls of a size that nobody has to wait for."""
    found: list[list[Waiting]] = []
    rest = iter(waiting)
    while part := list(islice(rest, MAX_GATHERED)):
        size = sum(len(event) for event, _ in part)
        found.extend([part] if size <= MAX_GATHERED_CHARACTERS else ([each] for each in part))
    return found


def _settle(future: asyncio.Future[Result], result: Result | Exception) -> None:
    # A caller that has gone away waits for nothing any more.
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
