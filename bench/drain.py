"""A real window that drains a queue, clocked from its first step to its last: connecting is start-up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg

from message_center.queues.routing import Routing
from message_center.queues.status import StatusUpdate
from message_center.queues.window import QueueWork, Window
from message_center.workflows import RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS

LONG = timedelta(hours=2)


@dataclass
class Clocked:
    """The work of a window, which notes when it began and when so many events were through."""

    work: QueueWork
    events: int
    counted: Collection[str]
    began: float = 0.0
    ended: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def heartbeat_name(self) -> str:
        return self.work.heartbeat_name

    def resume(self, noted: Mapping[str, Any]) -> None:
        self.work.resume(noted)

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        self.began = self.began or time.perf_counter()
        more = await self.work.step(connection)
        if not self.ended and self._through() >= self.events:
            self.ended = time.perf_counter()
            self.done.set()
        return more

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        await self.work.maintain(connection)

    def counts(self) -> dict[str, Any]:
        return self.work.counts()

    def _through(self) -> int:
        counts = self.work.counts()
        return sum(counts[name] for name in self.counted)


def connector(uri: str) -> Callable[[], Awaitable[psycopg.AsyncConnection]]:
    """Return what opens a window's connections."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    return connect


def routing_rate(uri: str, events: int) -> float:
    """Drain the real-time queue through a window; events per second."""
    return asyncio.run(_drain(uri, Routing("rt", RT_EVENTS_PROCESSING.name), events, ("routed",)))


def status_rate(uri: str, events: int) -> float:
    """Give all events the statuses of their delivery logs through a window; events per second."""
    work = StatusUpdate(UPDATE_EVENT_STATUS.name)
    return asyncio.run(_drain(uri, work, events, ("sent", "ignored", "failed", "expired")))


async def _drain(uri: str, work: QueueWork, events: int, counted: Collection[str]) -> float:
    clocked = Clocked(work, events, counted)
    window = Window("mcBench", clocked, datetime.now(timezone.utc) + LONG, connector(uri))
    running = asyncio.create_task(window.run())
    waiting = asyncio.create_task(clocked.done.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    window.end = datetime.now(timezone.utc)
    await running
    assert clocked.ended, f"only {work.counts()} of {events} events"
    return events / (clocked.ended - clocked.began)
