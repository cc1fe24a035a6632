"""updateEventStatus: give each event the status that its delivery log has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from message_center.instances.window_counts import counted
from message_center.sql import statement

MAX_ROWS = 50_000
COUNTS = ("sent", "ignored", "failed", "expired")


@dataclass
class StatusUpdate:
    """The work of an updateEventStatus window."""

    heartbeat_name: str
    _counts: Counter[str] = field(default_factory=Counter, init=False)

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Go on from what the window's steps have noted."""
        self._counts = counted(noted, COUNTS)

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Update one set of statuses."""
        cursor = await connection.execute(
            statement("execution/update_event_statuses"), {"max_rows": MAX_ROWS}, prepare=True
        )
        row = await cursor.fetchone()
        assert row is not None
        sent, ignored, failed, expired, more, _ = row
        self._counts.update(sent=sent, ignored=ignored, failed=failed, expired=expired)
        return bool(more)

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Keep the watermark for the next window, end what a stopped event type has left routed, compact statistics."""
        await connection.execute(statement("execution/save_status_watermark"))
        cursor = await connection.execute(statement("execution/ignore_stopped_events"))
        row = await cursor.fetchone()
        self._counts.update(ignored=row[0] if row else 0)
        await connection.execute(statement("execution/compact_statistics"))

    def counts(self) -> dict[str, Any]:
        """Return how many events got which status."""
        return {name: self._counts[name] for name in COUNTS}
