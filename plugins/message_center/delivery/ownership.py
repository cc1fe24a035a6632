"""What an engine's claims hang on: a lock that its sessions hold, so that all can tell whether it is at work."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from message_center.delivery.reconnecting import ReconnectingConnection
from message_center.sql import statement

SURE_SECONDS = 2.0
"""How old an answer may be to begin a message on it: nobody has what it says is ours for half a second more."""
RETURN_SECONDS = 15.0
"""For how long a lost connection is waited for; ``kept_claims`` has the same number."""


@dataclass
class Ownership:
    """
    The number under which an engine's connections hold its claims.

    :param connections: each of them holds the lock, and has :meth:`hold` done when it is opened.
    :param received: the greatest token of a claim that has come to hand; claims are made one after the other, and so is
        each token greater than those before it.
    """

    lease: timedelta
    connections: list[ReconnectingConnection] = field(default_factory=list)
    number: int | None = None
    received: int = 0
    _kept: Set[int] = field(default=frozenset(), init=False)
    _looked_at: float = field(default=0.0, init=False)

    async def hold(self, connection: psycopg.AsyncConnection) -> None:
        """Hold the lock over a new connection, under the number of before, and ask which claims still are ours."""
        cursor = await connection.execute(statement("execution/hold_claims"), {"owner": self.number})
        row = await cursor.fetchone()
        assert row is not None
        (self.number,) = row
        await self.renew(connection)
        looked_at = asyncio.get_running_loop().time()
        cursor = await connection.execute(statement("execution/held_claims"), {"lease": self.lease})
        self._kept, self._looked_at = {token for (token,) in await cursor.fetchall()}, looked_at

    async def let_go(self, connection: psycopg.AsyncConnection) -> None:
        """Let others have what was claimed with an answer that never came; over the connection that claims, only."""
        if lost := {token for token in self._kept if token > self.received}:
            await connection.execute(statement("execution/let_go_claims"), {"tokens": list(lost)})
            self._kept -= lost

    async def renew(self, connection: psycopg.AsyncConnection) -> None:
        """Let the leases begin anew that are near their end."""
        await connection.execute(statement("execution/renew_claims"), {"lease": self.lease})

    def keeps(self, token: int, claimed_at: float) -> bool:
        """Whether a claim, asked for at a time, the loop's, cannot be somebody else's by now."""
        return self.is_sure() and (claimed_at > self._looked_at or token in self._kept)

    def is_sure(self) -> bool:
        """Whether a connection is there, and was a moment ago."""
        latest = asyncio.get_running_loop().time() - SURE_SECONDS
        return any(connection.is_open and connection.held_at >= latest for connection in self.connections)

    def may_return(self) -> bool:
        """Whether a connection is waited for, or for an answer on it: what is claimed may still be ours then."""
        latest = asyncio.get_running_loop().time() - RETURN_SECONDS
        return any(connection.lost_at is None or connection.lost_at >= latest for connection in self.connections)
