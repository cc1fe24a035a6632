"""Where the engine's work comes from: claims under a lease, with their templates, and the wait for more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.delivery.link import Link
from message_center.delivery.rendering import ClaimedEvent, Template
from message_center.statements import statement
from message_center.window import CONTESTED_POLL_SECONDS, IDLE_POLL_SECONDS, Connect, WakeUp
from message_center.workflows import DELIVERY_EXECUTION

WORKFLOW = DELIVERY_EXECUTION.name


@dataclass(frozen=True)
class Claim:
    """An event leased to this engine; ``begin_before`` and the rest of the lease are in the loop's time."""

    event: ClaimedEvent
    template: Template | None
    begin_before: float


@dataclass
class Claims:
    """
    Claims events on a connection of its own, whose session keeps the place in the queue.

    A message is begun in the first half of its lease only: what begins later could still be under way when the
    lease ends and another engine sends it too.
    """

    engine: str
    lease: timedelta
    link: Link
    templates: dict[int, Template] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def over(cls, account: str, engine: str, lease: timedelta, connect: Connect, give_up_at: float) -> Claims:
        """Return claims over a link that listens for the wake-up."""
        return cls(engine, lease, Link(account, connect, give_up_at, prepare=_listen))

    async def next(self, max_events: int) -> list[Claim]:
        """Claim at most ``max_events`` events."""
        begin_before = asyncio.get_running_loop().time() + self.lease.total_seconds() / 2
        events = await self.link.do(lambda connection: self._claim(connection, max_events))
        return [Claim(event, self.templates.get(event.template_id), begin_before) for event in events]

    async def next_or_wait(self, max_events: int, seconds: float) -> list[Claim]:
        """
        Claim, and when there is nothing wait until woken up, at most for some seconds.

        Whoever pushed without waking anybody has committed once the wait has begun: so look once more before it.
        """
        if not await self.link.do(lambda connection: WakeUp(connection, WORKFLOW).begin()):
            await asyncio.sleep(min(CONTESTED_POLL_SECONDS, seconds))
            return await self.next(max_events)
        claims = await self.next(max_events)
        if not claims:
            longest = min(IDLE_POLL_SECONDS, seconds)
            await self.link.do(lambda connection: WakeUp(connection, WORKFLOW).sleep(longest))
        await self.link.do(lambda connection: WakeUp(connection, WORKFLOW).end())
        return claims

    async def look_at_switches(self) -> None:
        """Learn which event types are stopped, and why, for what is in hand already."""

        async def look(connection: psycopg.AsyncConnection) -> dict[str, str]:
            cursor = await connection.execute(statement("execution/stopped_event_types"))
            return dict(await cursor.fetchall())

        self.stopped = await self.link.do(look)

    async def record_heartbeat(
        self, phase: str, window_end: datetime, counts: Mapping[str, Any], error: str | None
    ) -> None:
        """Leave the workflow's sign of life."""
        parameters = {
            "workflow": WORKFLOW,
            "phase": phase,
            "window_end": window_end,
            "counts": json.dumps(counts),
            "error": error,
        }
        await self.link.do(lambda connection: connection.execute(statement("execution/record_heartbeat"), parameters))

    async def _claim(self, connection: psycopg.AsyncConnection, max_events: int) -> list[ClaimedEvent]:
        async with connection.cursor(row_factory=class_row(ClaimedEvent)) as cursor:
            await cursor.execute(
                statement("execution/claim_deliveries"),
                {"engine": self.engine, "lease": self.lease, "max_events": max_events},
            )
            events = await cursor.fetchall()
        unknown = {event.template_id for event in events} - self.templates.keys()
        if unknown:
            async with connection.cursor(row_factory=class_row(Template)) as templates:
                await templates.execute(statement("execution/load_templates"), {"ids": list(unknown)})
                self.templates |= {template.id: template for template in await templates.fetchall()}
        return events


async def _listen(connection: psycopg.AsyncConnection) -> None:
    await WakeUp(connection, WORKFLOW).listen()
