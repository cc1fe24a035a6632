"""An execution instance as the doors see it: its callers, and the functions that they may have called for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from message_center.instances.cursors import AsyncDiscreetCursor, without_values
from message_center.instances.transient import is_unready, passes_by_itself
from message_center.intake.keys import Key
from message_center.intake.lanes import Lane
from message_center.intake.problems import ProblemError, busy, unreachable, unready
from message_center.intake.settings import INSTANCES, Settings
from message_center.sql import statement

log = logging.getLogger(__name__)

TIMEOUTS = {"statement_timeout": "30s", "lock_timeout": "5s"}
CONNECTION_SECONDS = 3.0
Connection = psycopg.AsyncConnection[Any]


class Result(NamedTuple):
    """What became of an event that was pushed: its id, or why it was refused."""

    id: int | None
    reason: str | None


class Instance:
    """
    One instance. That it can't be reached is no concern of the others.

    :param account: its name.
    :param uri: how libpq reaches it, as a login with the role of a door.
    """

    def __init__(self, account: str, uri: str, settings: Settings) -> None:
        self.account, self.settings = account, settings
        self.keys: dict[str, Key] = {}
        self.is_known = False
        """Whether its callers have been read, ever."""
        self.pending = {"rt": 0, "batch": 0}
        self.counted_at = float("-inf")
        self._refreshed_at = float("-inf")
        self._refreshing = asyncio.Lock()
        self._complaint = ""
        self._checking: asyncio.Task[None] | None = None
        self._lanes = defaultdict[str, Lane](lambda: Lane(settings.connections, CONNECTION_SECONDS))
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            uri,
            kwargs={
                "autocommit": True,
                "connect_timeout": 10,
                "application_name": "message_center_door",
                "client_encoding": "UTF8",
                "cursor_factory": AsyncDiscreetCursor,
            },
            connection_class=_telling(self._complain),
            configure=_configure,
            # One more than a caller's lane is wide: it is left to others, however many calls the caller makes.
            min_size=settings.connections + 1,
            max_size=settings.connections + 1,
            open=False,
            timeout=CONNECTION_SECONDS,
            name=account,
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """
        Lend a connection.

        :raises ProblemError: if there is none, or what it is used for fails and may succeed a little later, or once
            somebody has made the instance ready.
        """
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PoolTimeout:
            raise (busy() if self._pool.get_stats().get("pool_size") else unreachable()) from None
        except psycopg.Error as error:
            if is_unready(error):
                self._complain(f"is not ready: {without_values(error)}")
                raise unready() from None
            if not passes_by_itself(error):
                raise
            log.warning("Account %s: %s", self.account, without_values(error))
            self._check_others()
            raise unreachable() from None

    def _check_others(self) -> None:
        # A server that was started anew has ended all connections: one call finds that out, and not one for each.
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._pool.check())

    async def rows(self, name: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """
        Return what a statement of ``include/sql/door`` finds.

        :raises ProblemError: if the instance can't be reached.
        :raises psycopg.Error: if the statement is refused.
        """
        async with self.connection() as connection:
            return await (await connection.execute(statement(f"door/{name}"), parameters)).fetchall()

    async def rows_of(self, caller: str, name: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a statement finds in a caller's name, once it is its turn; see :meth:`rows`."""
        async with self._lanes[caller].turn():
            return await self.rows(name, caller, *parameters)

    async def push(self, caller: str, queue: str, events: str) -> list[Result]:
        """
        Push events in a caller's name, in one transaction.

        :param events: JSON: an event, or an array.
        :return: what became of each, in order.
        """
        rows = await self.rows_of(caller, "push_events", queue, events)
        return [Result(id_, reason) for _, id_, reason in rows]

    async def refresh(self, at_most_every: float = 0.0) -> None:
        """
        Read the callers anew, and how many events wait; what can't be read stays as it was.

        :param at_most_every: how many seconds lie between two looks at least, whoever asks for them.
        """
        asked_at = time.monotonic()
        async with self._refreshing:
            if self._refreshed_at > asked_at:
                return
            await asyncio.sleep(max(0.0, self._refreshed_at + at_most_every - asked_at))
            self._refreshed_at = time.monotonic()
            try:
                keys = await self.rows("caller_keys")
                if self.settings.max_pending:
                    await self.count_pending(self.settings.max_pending + 1)
            except ProblemError:
                return
            except psycopg.Error as error:
                self._complain(f"is not ready: {without_values(error)}")
                return
            self.keys = {key.id: key for key in map(_key, keys)}
            self.is_known, self._complaint = True, ""

    def _complain(self, complaint: str) -> None:
        # Once, and not at every call until somebody has mended it: an instance is new until mcSynch has run.
        if complaint != self._complaint:
            log.warning("Account %s %s", self.account, complaint)
        self._complaint = complaint

    async def count_pending(self, max_events: int) -> None:
        """Count what waits in each queue, up to a number."""
        async with self.connection() as connection:
            found = await connection.execute(statement("door/pending_events"), {"max_events": max_events})
            rt, batch = (await found.fetchone()) or (0, 0)
        self.pending, self.counted_at = {"rt": rt, "batch": batch}, time.monotonic()

    def check_room(self, queue: str) -> None:
        """
        See that a queue is open.

        :raises ProblemError: if too many events wait in it.
        """
        limit = self.settings.max_pending
        if limit and self.pending[queue] > limit:
            raise ProblemError(
                503, "The queue is full", f"More than {limit} events wait in {queue}.", "Send the same later.", 5
            )


def _telling(complain: Callable[[str], None]) -> type[Connection]:
    """Return a connection that says why it cannot be made: the pool keeps that to itself, and tries again."""

    class Telling(psycopg.AsyncConnection[Any]):
        @classmethod
        async def connect(cls, *given: Any, **settings: Any) -> Any:
            try:
                return await super().connect(*given, **settings)
            except psycopg.OperationalError as error:
                complain(f"cannot be reached: {without_values(error)}")
                raise
            except (psycopg.Error, ValueError) as error:
                # What is wrong with it may be the password.
                complain(f"cannot be reached: its address is none ({type(error).__name__}). Correct it in {INSTANCES}")
                raise

    return Telling


def _key(row: tuple[Any, ...]) -> Key:
    id_, digest, caller, may, event_types, queues, rate, is_session = row
    return Key(id_, bytes(digest), caller, frozenset(may), _set(event_types), _set(queues), rate, is_session)


def _set(values: list[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


async def _configure(connection: Connection) -> None:
    await connection.execute(statement("session/wait"))
    await connection.execute(statement("session/pin"), TIMEOUTS)
    # The first call in a session takes ten times as long, as its functions are planned: let it be nobody's. What an
    # instance lacks is told to callers.
    with contextlib.suppress(psycopg.errors.DatabaseError):
        await connection.execute(statement("door/push_events"), ("", "rt", "[]"))
