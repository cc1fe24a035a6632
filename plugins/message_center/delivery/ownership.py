"""What an engine's claims hang on: a lock that its sessions hold, so that all can tell whether it is at work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from message_center.delivery.reconnecting import ReconnectingConnection
from message_center.sql import statement

GRACE_SECONDS = 2.5
"""After so long without the lock an engine's claims go to others; ``end_leases_of_the_dead`` has the same number."""


@dataclass
class Ownership:
    """
    The number under which an engine's connections hold its claims.

    :param connections: each of them holds the lock, and has :meth:`hold` done when it is opened.
    """

    lease: timedelta
    connections: list[ReconnectingConnection] = field(default_factory=list)
    number: int | None = None
    _unbroken_since: float = field(default=0.0, init=False)

    async def hold(self, connection: psycopg.AsyncConnection) -> None:
        """Hold the lock over a new connection, under the number of before."""
        cursor = await connection.execute(statement("execution/hold_claims"), {"owner": self.number})
        row = await cursor.fetchone()
        assert row is not None
        (self.number,) = row
        if self._is_lost():
            self._unbroken_since = asyncio.get_running_loop().time()
        await self.renew(connection)

    async def renew(self, connection: psycopg.AsyncConnection) -> None:
        """Let the leases begin anew that are near their end."""
        await connection.execute(statement("execution/renew_claims"), {"lease": self.lease})

    def keeps(self, claimed_at: float) -> bool:
        """Whether what was claimed at a time, the loop's, cannot be somebody else's by now."""
        return claimed_at >= self._unbroken_since and not self._is_lost()

    def _is_lost(self) -> bool:
        """Whether no connection has been there, or has answered, for longer than the grace."""
        if any(connection.is_there(GRACE_SECONDS) for connection in self.connections):
            return False
        last = max((connection.last_answer for connection in self.connections), default=0.0)
        return asyncio.get_running_loop().time() - last > GRACE_SECONDS
