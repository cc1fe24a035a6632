"""
A window: some time during which one workflow works its queue without a pause.

PostgreSQL does the work; this loop only asks it to, as often as there is any, and waits cheaply when there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

import psycopg
import structlog

from message_center.errors import one_line
from message_center.instances.heartbeats import HEARTBEAT_SECONDS, WindowHeartbeat, WindowPhase
from message_center.instances.window_counts import begin_window
from message_center.queues.wake_up import CONTESTED_SECONDS, SAFETY_NET_SECONDS, WakeUp
from message_center.sql import statement
from message_center.workflows import ARCHIVING

log = structlog.get_logger(__name__)

BUSY_SECONDS = 0.01  # how long after the last work the queue is looked at again and again
BUSY_POLL_SECONDS = 0.003  # and how often: seldom enough that a look finds several events where many come in
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 10.0
UNREACHABLE_SECONDS = 60.0  # after which a window without a database is a failure, and another one's turn

Connect = Callable[[], Awaitable[psycopg.AsyncConnection]]


class WindowError(RuntimeError):
    """A window that did not get through to its database for a minute, or to its end."""

    def __init__(self, heartbeat_name: str, account: str, how_long: str, cause: str) -> None:
        super().__init__(
            f"{heartbeat_name} of account {account!r} could not work {how_long}: {cause}. "
            f"Test the connection {account!r} in Admin > Connections, and see whether {ARCHIVING.dag_id(account)}, "
            "which makes the tables, is green; another window tries again by itself."
        )


class QueueWork(Protocol):
    """What is done in a window."""

    @property
    def heartbeat_name(self) -> str:
        """The name of its heartbeat, and of its wake-up."""

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Go on from what the window's steps have noted in the database, on whichever connection or process."""

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Do one bounded step, and note what it did; return whether there is more to do at once."""

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Do what is due with every heartbeat."""

    def counts(self) -> dict[str, Any]:
        """Return what the window has done so far."""


@dataclass
class Window:
    """
    One window of one workflow.

    :param account: the account, for messages.
    :param work: what is done in it.
    :param end: when it ends; absolute, so that a restarted triggerer doesn't stretch it.
    :param connect: opens an autocommit connection to the execution database.
    :param ended_early: why, if it ends before its time.
    """

    account: str
    work: QueueWork
    end: datetime
    connect: Connect
    reconnects: int = 0
    ended_early: str = ""
    _got_through: bool = field(default=False, init=False)
    _last_error: str = field(default="", init=False)
    _lost_at: float | None = field(default=None, init=False)
    _early: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _whole_end: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._whole_end = self.end

    def seconds_left(self) -> float:
        """Return the time to the window's end, negative after it."""
        return (self.end - datetime.now(timezone.utc)).total_seconds()

    def end_early(self, reason: str) -> None:
        """Let the window end within a second, before its time."""
        if not self._early.is_set():
            self.ended_early = reason
            self.end = min(self.end, datetime.now(timezone.utc))
            self._early.set()

    async def run(self) -> dict[str, Any]:
        """
        Work until the window's end, through outages of the database of less than a minute.

        :return: the counts of the work, and the number of reconnects.
        :raises WindowError: if for a minute, or in all its time, not one step of the work got through.
        """
        backoff = FIRST_BACKOFF_SECONDS
        while self.seconds_left() > 0:
            try:
                async with await self.connect() as connection:
                    await WindowSession(self, connection).work_on()
            except psycopg.Error as error:
                self.interrupted()
                self._note(error, backoff)
                await self._sleep(backoff)
                backoff = min(2 * backoff, MAX_BACKOFF_SECONDS)
        if self._last_error and not self._got_through and not self.ended_early:
            raise self._error("in this window")
        return self.counts()

    def interrupted(self) -> None:
        """Do what is to be done as soon as the connection is lost."""

    def counts(self) -> dict[str, Any]:
        """Return the counts of the work, the number of reconnects, and why it ended before its time, if it did."""
        early = {"ended_early": self.ended_early} if self.ended_early else {}
        return {**self.work.counts(), "reconnects": self.reconnects, **early}

    async def resume(self, connection: psycopg.AsyncConnection) -> None:
        """Count on from what the window has done, be it in another process."""
        self.work.resume(await begin_window(connection, self.work.heartbeat_name, self._whole_end))

    def result(self) -> dict[str, Any] | None:
        """Return the counts, if there is anything to tell: most windows of most accounts find nothing to do."""
        counts = self.counts()
        return counts if any(value for value in counts.values() if not isinstance(value, dict)) else None

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Do one step of the work."""
        more = await self.work.step(connection)
        self._got_through, self._lost_at = True, None
        return more

    def _note(self, error: psycopg.Error, backoff: float) -> None:
        now = asyncio.get_running_loop().time()
        self._last_error = one_line(error).rstrip("?. ")
        self._lost_at = self._lost_at or now
        self.reconnects += 1
        if now - self._lost_at >= UNREACHABLE_SECONDS:
            raise self._error("for a minute") from error
        log.warning("Interrupted", account=self.account, error=self._last_error, retry_seconds=backoff)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the window."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._early.wait(), max(0.0, min(seconds, self.seconds_left())))

    def _error(self, how_long: str) -> WindowError:
        return WindowError(self.work.heartbeat_name, self.account, how_long, self._last_error)

    async def heartbeat(self, connection: psycopg.AsyncConnection, phase: WindowPhase) -> None:
        """Leave a heartbeat, and do what is due with it."""
        error = self._last_error if phase == "start" else None
        heartbeat = WindowHeartbeat(self.work.heartbeat_name, self.end)
        await heartbeat.record(connection, phase, self.counts(), error or None)
        await self.work.maintain(connection)


class WindowSession:
    """
    A window's work on one connection.

    How often it looks at its queue::

                  ┌─────────┐  nothing for 10 ms; the lock is had   ┌─────────┐
        begin ──▶ │  busy:  │ ────────────────────────────────────▶ │ waiting │  sleeps until called, 1 s at most,
                  │  every  │ ◀──────────────────────────────────── │         │  or until a heartbeat is due
                  │  3 ms   │   work was found, or somebody called  └─────────┘
                  │         │
                  │         │  nothing for 10 ms; no lock           ┌───────────┐
                  │         │ ────────────────────────────────────▶ │ contested │  pauses as long as this has lasted,
                  └─────────┘ ◀──────────── work was found ──────── └───────────┘  3 to 50 ms
    """

    def __init__(self, window: Window, connection: psycopg.AsyncConnection) -> None:
        self.window, self.connection = window, connection
        self.wake_up = WakeUp(connection, window.work.heartbeat_name)
        self.clock = asyncio.get_running_loop().time
        # The windows of all accounts begin at once; let them not leave their heartbeats, nor look, all at once too.
        self.next_heartbeat = self.clock() + random.uniform(0, HEARTBEAT_SECONDS)
        self.busy_until = 0.0

    async def work_on(self) -> None:
        """Work until the window's end."""
        # A step that is lost in a crash is done again, and whatever builds on it commits after it in the same log.
        await self.connection.execute(statement("execution/commit_without_waiting"))
        await self.window.resume(self.connection)
        await self.window.heartbeat(self.connection, "start")
        await self.wake_up.listen()
        self.busy_until = self.clock()
        while self.window.seconds_left() > 0:
            if self.clock() >= self.next_heartbeat:
                self.next_heartbeat = self.clock() + HEARTBEAT_SECONDS
                await self.window.heartbeat(self.connection, "progress")
            await self._look_and_pause()
        await self.window.heartbeat(self.connection, "success")

    async def _look_and_pause(self) -> None:
        looked_at = self.clock()
        if await self.window.step(self.connection):
            self.busy_until = self.clock() + BUSY_SECONDS
        if self.clock() < self.busy_until:
            await asyncio.sleep(looked_at + BUSY_POLL_SECONDS - self.clock())
        elif await self.wake_up.begin():
            found = await self._wait()
            self.busy_until = self.clock() + (BUSY_SECONDS if found else 0)
            await self.wake_up.end()
        else:
            idle_seconds = self.clock() - self.busy_until
            await asyncio.sleep(min(max(idle_seconds, BUSY_POLL_SECONDS), CONTESTED_SECONDS))

    async def _wait(self) -> bool:
        """
        Wait until there may be work, at most until the next heartbeat; return whether some has been done already.

        Whoever saw nobody waiting has committed by now: so look once more, and only then sleep.
        """
        while not await self.window.step(self.connection):
            left = min(self.next_heartbeat - self.clock(), self.window.seconds_left())
            if left <= 0 or await self.wake_up.sleep(min(SAFETY_NET_SECONDS, left)):
                return False
        return True
