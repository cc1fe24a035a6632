"""Outcomes on their way into the delivery log, in small sets: what is sent but not logged yet is kept small."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Json

from message_center.delivery.outcomes import Outcome
from message_center.delivery.reconnecting import ReconnectingConnection
from message_center.instances.window_counts import counted, note_counts
from message_center.sql import statement

log = structlog.get_logger(__name__)

FLUSH_OUTCOMES = 50
FLUSH_SECONDS = 0.2
MAX_BACKLOG = 200  # nothing more is sent while so many outcomes wait for the database

COUNTED_AS = {
    "Sent": "sent",
    "Ignored by the delivery": "ignored",
    "Delivery failed": "failed",
    "Pending delivery": "postponed",
}
COUNTS = (*COUNTED_AS.values(), "refused")


@dataclass
class Journal:
    """Takes outcomes and logs them."""

    account: str
    engine: str
    database: ReconnectingConnection
    counts: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    _pending: list[Outcome] = field(default_factory=list)
    _closed: bool = False
    _full: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._room.set()

    @property
    def unlogged(self) -> int:
        """How many outcomes are not in the database."""
        return len(self._pending)

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Go on from what the window has logged, be it on another connection or in another process."""
        self.counts = counted(noted, COUNTS)

    def add(self, outcome: Outcome, claim_token: int) -> None:
        """Take the outcome of a claim; it is logged soon."""
        self._pending.append(replace(outcome, claim_token=claim_token))
        self.settled += 1
        if len(self._pending) >= FLUSH_OUTCOMES:
            self._full.set()
        if len(self._pending) >= MAX_BACKLOG:
            self._room.clear()

    async def room(self) -> None:
        """Wait until there is room: sending on while the database is away would send twice in the end."""
        await self._room.wait()

    def close(self) -> None:
        """Let :meth:`keep` end when everything is logged."""
        self._closed = True
        self._full.set()

    async def keep(self) -> None:
        """Log what comes, until closed."""
        while self._pending or not self._closed:
            if not self._closed:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._full.wait(), FLUSH_SECONDS)
            if self._pending:
                await self._flush()

    async def _flush(self) -> None:
        outcomes = list(self._pending)
        counts = await self.database.do(lambda connection: self._log(connection, outcomes))
        del self._pending[: len(outcomes)]
        self._room.set()
        if len(self._pending) < FLUSH_OUTCOMES and not self._closed:
            self._full.clear()
        self.counts.update(counts)

    async def _log(self, connection: psycopg.AsyncConnection, outcomes: list[Outcome]) -> Counter[str]:
        parameters = {"engine": self.engine, "outcomes": Json([outcome.as_json() for outcome in outcomes])}
        async with connection.transaction():
            cursor = await connection.execute(statement("execution/log_deliveries"), parameters)
            refused = {position: (event_id, reason) for position, event_id, reason in await cursor.fetchall()}
            counts = Counter(
                "refused" if position in refused else COUNTED_AS[outcome.status]
                for position, outcome in enumerate(outcomes, start=1)
            )
            await note_counts(connection, counts)
        for event_id, reason in refused.values():
            # Logged before a connection broke, or the lease ran out and another engine took over.
            log.warning("Outcome refused", account=self.account, event_id=event_id, reason=reason)
        return counts
