"""
A window: some time during which one workflow works its queue without a pause.

PostgreSQL does the work; this loop only asks it to, as often as there is any, and waits cheaply when there is none.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

import psycopg
import structlog
from psycopg import sql

from message_center.statements import statement

log = structlog.get_logger(__name__)

BUSY_SECONDS = 0.01  # how long after the last work the queue is looked at again and again
BUSY_POLL_SECONDS = 0.003  # and how often: seldom enough that a look finds several events where many come in
CONTESTED_POLL_SECONDS = 0.05  # at most, while somebody else waits for the wake-up, or writers are under way
IDLE_POLL_SECONDS = 1.0  # the safety net under the wake-up, and the pace of events that come due
HEARTBEAT_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 10.0

Connect = Callable[[], Awaitable[psycopg.AsyncConnection]]


class WindowError(RuntimeError):
    """A window that never got through to its database."""

    def __init__(self, workflow: str, account: str, cause: str) -> None:
        super().__init__(
            f"{workflow} of account {account!r} could not work in this window: {cause}. "
            f"Test the connection {account!r} in Admin > Connections, and see whether mcSynch_{account}, which makes "
            "the tables, is green; the next window tries again by itself."
        )


class QueueWork(Protocol):
    """What a workflow does with its queue."""

    @property
    def workflow(self) -> str:
        """The name of its heartbeat."""

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Do one bounded step; return whether there is more to do at once."""

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
    """

    account: str
    work: QueueWork
    end: datetime
    connect: Connect
    reconnects: int = 0
    _got_through: bool = field(default=False, init=False)
    _last_error: str = field(default="", init=False)
    _next_heartbeat: float = field(default=0.0, init=False)

    def seconds_left(self) -> float:
        """Return the time to the window's end, negative after it."""
        return (self.end - datetime.now(timezone.utc)).total_seconds()

    async def run(self) -> dict[str, Any]:
        """
        Work until the window's end, through whatever outages of the database.

        :return: the counts of the work, and the number of reconnects.
        :raises WindowError: if not one step of the work got through.
        """
        backoff = 0.2
        while self.seconds_left() > 0:
            try:
                async with await self.connect() as connection:
                    await self._work_on(connection)
            except psycopg.Error as error:
                self._last_error = " ".join(str(error).split()).rstrip("?. ")
                self.reconnects += 1
                log.warning("Interrupted", account=self.account, error=self._last_error, retry_seconds=backoff)
                await asyncio.sleep(max(0.0, min(backoff, self.seconds_left())))
                backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
        if self._last_error and not self._got_through:
            raise WindowError(self.work.workflow, self.account, self._last_error)
        return self.counts()

    def counts(self) -> dict[str, Any]:
        """Return the counts of the work, and the number of reconnects."""
        return {**self.work.counts(), "reconnects": self.reconnects}

    async def _work_on(self, connection: psycopg.AsyncConnection) -> None:
        # A step that is lost in a crash is done again, and whatever builds on it commits after it in the same log.
        await connection.execute("set synchronous_commit = off")
        await self._record_heartbeat(connection, "start")
        # The windows of all accounts begin at the same time; let them not look, nor give heartbeats, together.
        self._next_heartbeat -= random.uniform(0, HEARTBEAT_SECONDS)
        waiting = WakeUp(connection, self.work.workflow)
        await waiting.listen()
        loop = asyncio.get_running_loop()
        busy_until = loop.time()
        while self.seconds_left() > 0:
            if loop.time() >= self._next_heartbeat:
                await self._record_heartbeat(connection, "progress")
            began = loop.time()
            more = await self.work.step(connection)
            self._got_through = True
            if more:
                busy_until = loop.time() + BUSY_SECONDS
            if loop.time() < busy_until:
                await asyncio.sleep(began + BUSY_POLL_SECONDS - loop.time())
            elif await waiting.begin():
                found = await self._wait(connection, waiting)
                busy_until = loop.time() + (BUSY_SECONDS if found else 0)
                await waiting.end()
            else:
                # A writer will be done in a moment, another window goes on waiting: pause as long as this has lasted.
                lasted = loop.time() - busy_until
                await asyncio.sleep(min(max(lasted, BUSY_POLL_SECONDS), CONTESTED_POLL_SECONDS))
        await self._record_heartbeat(connection, "success")

    async def _wait(self, connection: psycopg.AsyncConnection, waiting: WakeUp) -> bool:
        """
        Wait until there may be work, at most until the next heartbeat; return whether some has been done already.

        Whoever saw nobody waiting has committed by now: so look once more, and only then sleep.
        """
        while not await self.work.step(connection):
            now = asyncio.get_running_loop().time()
            left = min(self._next_heartbeat - now, self.seconds_left())
            if left <= 0 or await waiting.sleep(min(IDLE_POLL_SECONDS, left)):
                return False
        return True

    async def _record_heartbeat(self, connection: psycopg.AsyncConnection, phase: str) -> None:
        self._next_heartbeat = asyncio.get_running_loop().time() + HEARTBEAT_SECONDS
        parameters = {
            "workflow": self.work.workflow,
            "phase": phase,
            "window_end": self.end,
            "counts": json.dumps(self.counts()),
            "error": self._last_error if phase == "start" and self._last_error else None,
        }
        await connection.execute(statement("execution/record_heartbeat"), parameters)
        await self.work.maintain(connection)


@dataclass(frozen=True)
class WakeUp:
    """Waiting for a workflow's wake-up on a connection: see ``wake_up`` in the execution schema."""

    connection: psycopg.AsyncConnection
    workflow: str

    async def listen(self) -> None:
        """Make the connection hear the wake-up."""
        channel = sql.Identifier(f"message_center.{self.workflow}")
        await self.connection.execute(sql.SQL("listen {}").format(channel))

    async def begin(self) -> bool:
        """Ask writers to call; ``False`` when that cannot be had now, and polling must do."""
        cursor = await self.connection.execute(statement("execution/begin_waiting"), {"workflow": self.workflow})
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def sleep(self, seconds: float) -> bool:
        """Sleep until called, at most for some seconds; return whether there was a call."""
        return bool([call async for call in self.connection.notifies(timeout=seconds, stop_after=1)])

    async def end(self) -> None:
        """Let writers go on without calling."""
        await self.connection.execute(statement("execution/end_waiting"), {"workflow": self.workflow})
