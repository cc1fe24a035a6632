"""rtEventsProcessing and batchEventsProcessing: link pending events to message templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from message_center.instances.window_counts import counted
from message_center.sql import statement

Queue = Literal["rt", "batch"]

MAX_EVENTS = 10_000
BUCKETS_PER_DECADE = 20
COUNTS = ("routed", "not_taken_into_account", "expired", "postponed")


@dataclass
class QueueTimes:
    """Queue times as a histogram of logarithmic buckets, each 12 % wide: see ``routing_step`` in the SQL."""

    buckets: Counter[int] = field(default_factory=Counter)
    slowest_ms: float = 0.0

    def add(self, buckets: dict[str, int] | None, slowest_ms: float | None) -> None:
        """Add the counts of one step."""
        self.buckets.update({int(bucket): events for bucket, events in (buckets or {}).items()})
        self.slowest_ms = max(self.slowest_ms, slowest_ms or 0.0)

    def percentile(self, share: float) -> float | None:
        """Return the queue time in ms that ``share`` of the events did not exceed; ``None`` without events."""
        wanted = share * self.buckets.total()
        for bucket in sorted(self.buckets):
            wanted -= self.buckets[bucket]
            if wanted <= 0:
                upper_ms = float(10 ** ((bucket + 1) / BUCKETS_PER_DECADE) / 1000)
                return round(min(upper_ms, self.slowest_ms), 3)
        return None

    def summary(self) -> dict[str, float | None]:
        """Return p50, p99 and the slowest, in ms."""
        slowest = round(self.slowest_ms, 3) if self.buckets else None
        return {"p50": self.percentile(0.5), "p99": self.percentile(0.99), "max": slowest}


@dataclass
class Routing:
    """The work of a processing window on one queue."""

    queue: Queue
    heartbeat_name: str
    _counts: Counter[str] = field(default_factory=Counter, init=False)
    _queue_times: QueueTimes = field(default_factory=QueueTimes, init=False)

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Go on from what the window's steps have noted."""
        self._counts = counted(noted, COUNTS)
        self._queue_times = QueueTimes()
        self._queue_times.add(noted.get("queue_times"), noted.get("slowest_ms"))

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Route one set of events."""
        cursor = await connection.execute(
            statement("execution/route_events"), {"queue": self.queue, "max_events": MAX_EVENTS}, prepare=True
        )
        row = await cursor.fetchone()
        assert row is not None
        routed, not_taken_into_account, expired, postponed, queue_times, slowest_ms, more, _ = row
        self._counts.update(
            routed=routed, not_taken_into_account=not_taken_into_account, expired=expired, postponed=postponed
        )
        self._queue_times.add(queue_times, slowest_ms)
        return bool(more)

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Expire what has a template but was delivered by nobody in time, and note how long the queue is."""
        cursor = await connection.execute(statement("execution/expire_events"), {"queue": self.queue})
        row = await cursor.fetchone()
        self._counts.update(expired=row[0] if row else 0)
        await connection.execute(statement("execution/sample_queue"), {"queue": self.queue})

    def counts(self) -> dict[str, Any]:
        """Return the window's counts and queue times."""
        return {name: self._counts[name] for name in COUNTS} | {"queue_time_ms": self._queue_times.summary()}
