"""Waiting for work cheaply: who pushes calls a window that waits, and calls nobody else."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from message_center.sql import statement

SAFETY_NET_SECONDS = 1.0
"""How long a window sleeps at most without a call: the pace of events that come due, and the net under a lost call."""

CONTESTED_SECONDS = 0.05
"""How long a window pauses at most that cannot have the lock: another one waits already, or writers are under way."""


@dataclass(frozen=True)
class WakeUp:
    """
    Waiting on a connection for the wake-up of a workflow.

    Who waits holds an advisory lock; a writer that cannot share it calls (``wake_up`` in the execution schema)::

        window   listen ── begin: lock ── look once more ── sleep ─────────── end: unlock ── look
        writer                                     insert ── commit: call ──────┘

    There is no gap: the lock cannot be had while a writer that saw nobody waiting has not committed.
    """

    connection: psycopg.AsyncConnection
    heartbeat_name: str

    async def listen(self) -> None:
        """Make the connection hear the wake-up."""
        channel = sql.Identifier(f"message_center.{self.heartbeat_name}")
        await self.connection.execute(sql.SQL("listen {}").format(channel))

    async def begin(self) -> bool:
        """Ask writers to call; ``False`` when that cannot be had now, and polling must do."""
        cursor = await self.connection.execute(statement("execution/begin_waiting"), {"workflow": self.heartbeat_name})
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def sleep(self, seconds: float) -> bool:
        """Sleep until called, at most for some seconds; return whether there was a call."""
        return bool([call async for call in self.connection.notifies(timeout=seconds, stop_after=1)])

    async def end(self) -> None:
        """Let writers go on without calling."""
        await self.connection.execute(statement("execution/end_waiting"), {"workflow": self.heartbeat_name})
