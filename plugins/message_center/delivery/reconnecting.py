"""A database connection that comes back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg
import structlog

from message_center.errors import one_line
from message_center.instances.transient import passes_by_itself
from message_center.queues.window import Connect

log = structlog.get_logger(__name__)

FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.1, 1.0
MAX_STATEMENT_SECONDS = 60.0

T = TypeVar("T")
Work = Callable[[psycopg.AsyncConnection], Awaitable[T]]


class DatabaseLostError(RuntimeError):
    """There was no database until the time at which to give up."""


@dataclass
class ReconnectingConnection:
    """
    Runs work on one connection, and again on a new one after whatever passes by itself.

    :param give_up_at: the loop's time after which a broken connection is an error.
    :param prepare: done on every new connection.
    :param patience_seconds: for how long a broken connection may stay so, if that is over earlier.
    :param held_at: when something was last asked that was answered: then, or later, the session was there.
    :param lost_at: since when there is no connection.
    """

    account: str
    connect: Connect
    give_up_at: float
    prepare: Work[None] | None = None
    patience_seconds: float = math.inf
    reconnects: int = 0
    last_error: str = ""
    got_through: bool = False
    held_at: float = 0.0
    lost_at: float | None = None
    _connection: psycopg.AsyncConnection | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as the last work on it could tell."""
        return self._connection is not None

    async def do(self, work: Work[T]) -> T:
        """
        Return what the work returns. It may run twice: its statements must bear that.

        :raises DatabaseLostError: if the connection does not come back in time.
        :raises psycopg.Error: that does not pass by itself.
        """
        backoff = FIRST_BACKOFF_SECONDS
        give_up_at = min(self.give_up_at, asyncio.get_running_loop().time() + self.patience_seconds)
        while True:
            try:
                result = await asyncio.wait_for(self._try(work), MAX_STATEMENT_SECONDS)
            except (psycopg.Error, asyncio.TimeoutError) as error:
                if isinstance(error, psycopg.Error) and not passes_by_itself(error):
                    raise
                self.last_error = one_line(error) or "no answer in time"
                self.reconnects += 1
                self.lost_at = self.lost_at or asyncio.get_running_loop().time()
                await self.close()
            else:
                self.got_through = True
                return result
            if asyncio.get_running_loop().time() + backoff > give_up_at:
                raise DatabaseLostError(self.last_error)
            log.warning("Database lost", account=self.account, error=self.last_error, retry_seconds=backoff)
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, MAX_BACKOFF_SECONDS)

    async def close(self) -> None:
        """Close the connection; the next work opens another."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _try(self, work: Work[T]) -> T:
        if self._connection is None:
            connection = await self.connect()
            try:
                if self.prepare is not None:
                    await self.prepare(connection)
            except BaseException:
                await connection.close()
                raise
            self._connection, self.lost_at = connection, None
        asked_at = asyncio.get_running_loop().time()
        result = await work(self._connection)
        self.held_at = asked_at
        return result
