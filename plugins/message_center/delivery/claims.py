"""Where the engine's work comes from: claims under a lease, with their templates, and the wait for more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from message_center.ctx import read_json
from message_center.delivery.ownership import Ownership
from message_center.delivery.reconnecting import ReconnectingConnection
from message_center.instances.heartbeats import WindowHeartbeat, WindowPhase
from message_center.queues.wake_up import CONTESTED_SECONDS, SAFETY_NET_SECONDS, WakeUp
from message_center.queues.window import UNREACHABLE_SECONDS, Connect
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate
from message_center.sql import statement
from message_center.workflows import DELIVERY_EXECUTION

HEARTBEAT_NAME = DELIVERY_EXECUTION.name


@dataclass(frozen=True)
class Claim:
    """
    An event leased to this engine.

    :param begin_before: in the loop's time, as the rest of the lease is.
    :param token: the number of this claim; an outcome of an earlier one of the event is refused.
    :param claimed_at: when it was asked for, in the loop's time.
    :param unreadable: why its ctx cannot be read, if it cannot: that event fails, and no other.
    """

    event: ClaimedEvent
    template: DeployedTemplate | None
    begin_before: float
    token: int
    claimed_at: float
    unreadable: str | None = None


@dataclass
class Claims:
    """
    Claims the events of a channel on a connection of its own, whose session keeps the place in the queue.

    A message is begun in the first half of its lease only: what begins later could still be under way when the
    lease ends and another engine sends it too.

    :param stopped: why each event type is stopped that is.
    """

    engine: str
    channel: int
    lease: timedelta
    database: ReconnectingConnection
    ownership: Ownership
    templates: dict[int, DeployedTemplate] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        account: str,
        engine: str,
        channel: int,
        lease: timedelta,
        connect: Connect,
        give_up_at: float,
        ownership: Ownership,
    ) -> Claims:
        """Return claims over a connection that listens for the wake-up, and holds them."""

        async def prepare(connection: psycopg.AsyncConnection) -> None:
            await ownership.hold(connection)
            await ownership.let_go(connection)
            await WakeUp(connection, HEARTBEAT_NAME).listen()

        database = ReconnectingConnection(
            account, connect, give_up_at, prepare=prepare, patience_seconds=UNREACHABLE_SECONDS
        )
        ownership.connections.append(database)
        return cls(engine, channel, lease, database, ownership)

    async def next(self, max_events: int) -> list[Claim]:
        """Claim at most so many events."""
        return await self.database.do(lambda connection: self._claim(connection, max_events))

    def may_begin(self, claim: Claim) -> bool:
        """Whether a claim is still ours for long enough to send its message."""
        is_early = asyncio.get_running_loop().time() <= claim.begin_before
        return is_early and self.ownership.keeps(claim.token, claim.claimed_at)

    async def next_or_wait(self, max_events: int, seconds: float) -> list[Claim]:
        """
        Claim, and when there is nothing wait until woken up, at most for some seconds.

        Whoever pushed without waking anybody has committed once the wait has begun: so look once more before it.
        """
        if not await self.database.do(lambda connection: WakeUp(connection, HEARTBEAT_NAME).begin()):
            await asyncio.sleep(min(CONTESTED_SECONDS, seconds))
            return await self.next(max_events)
        claims = await self.next(max_events)
        if not claims:
            max_seconds = min(SAFETY_NET_SECONDS, seconds)
            await self.database.do(lambda connection: WakeUp(connection, HEARTBEAT_NAME).sleep(max_seconds))
        await self.database.do(lambda connection: WakeUp(connection, HEARTBEAT_NAME).end())
        return claims

    async def look_after_hand(self) -> None:
        """
        Renew the leases of what is in hand, and learn which event types are stopped, and why.

        More often than others take the claims of the dead: who looked when our lock was away may just shorten leases.
        """

        async def look(connection: psycopg.AsyncConnection) -> dict[str, str]:
            cursor = await connection.execute(statement("execution/stopped_event_types"))
            return dict(await cursor.fetchall())

        await self.database.do(self.ownership.renew)
        self.stopped = await self.database.do(look)

    async def heartbeat(
        self, phase: WindowPhase, window_end: datetime, counts: Mapping[str, Any], error: str | None
    ) -> None:
        """Leave the workflow's heartbeat."""
        heartbeat = WindowHeartbeat(HEARTBEAT_NAME, window_end)
        await self.database.do(lambda connection: heartbeat.record(connection, phase, counts, error))

    def _read(self, row: dict[str, Any], claimed_at: float) -> Claim:
        token = row.pop("claim_token")
        self.ownership.received = max(self.ownership.received, token)
        template, unreadable = self.templates.get(row["template_id"]), None
        try:
            row["ctx"] = read_json(row["ctx"])
        except ValueError as error:
            row["ctx"], unreadable = {}, f"its ctx cannot be read: {error}"
        begin_before = claimed_at + self.lease.total_seconds() / 2
        return Claim(ClaimedEvent(**row), template, begin_before, token, claimed_at, unreadable)

    async def _claim(self, connection: psycopg.AsyncConnection, max_events: int) -> list[Claim]:
        parameters = {"channel": self.channel, "engine": self.engine, "lease": self.lease, "max_events": max_events}
        claimed_at = asyncio.get_running_loop().time()
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement("execution/claim_deliveries"), parameters)
            rows = await cursor.fetchall()
        unknown = {row["template_id"] for row in rows} - self.templates.keys()
        if unknown:
            async with connection.cursor(row_factory=class_row(DeployedTemplate)) as templates:
                await templates.execute(statement("execution/load_templates"), {"ids": list(unknown)})
                self.templates |= {template.id: template for template in await templates.fetchall()}
        return [self._read(row, claimed_at) for row in rows]
