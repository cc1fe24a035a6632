"""What the loops of one delivery window share."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from message_center.delivery import outcomes
from message_center.delivery.claims import Claim, Claims
from message_center.delivery.journal import COUNTS, Journal
from message_center.delivery.queue import PacedQueue
from message_center.delivery.sender import Sender
from message_center.delivery.throttle import Throttle
from message_center.instances.heartbeats import WindowPhase

MAX_SERVER_BACKOFF_SECONDS = 15.0
DATABASE_POLL_SECONDS = 0.05
REFUSED_SENDER_SECONDS = 60.0  # for so long a sender that was refused is not tried again


@dataclass
class Hand:
    """
    What is in the hand of a window: the claims to be sent, and where their outcomes go.

    :param sender: makes and sends the messages.
    :param end: when the window ends.
    :param stop: set to end the window early.
    :param queue: claims that nobody has begun.
    :param throttle: how fast the server takes messages.
    :param ready: whether the channel's server was there when last tried.
    :param trouble: what is or was the matter with it.
    :param answered: how many messages it has given an answer to.
    :param sessions: how many are open.
    :param refusals: how many messages in a row the server has refused for reasons of its own.
    """

    account: str
    sender: Sender[Any]
    end: datetime
    lease: timedelta
    claims: Claims
    journal: Journal
    stop: asyncio.Event
    queue: PacedQueue
    throttle: Throttle
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: str = ""
    answered: int = 0
    sessions: int = 0
    refusals: int = 0
    server_reconnects: int = 0
    _refused_senders: dict[str | None, tuple[float, str]] = field(default_factory=dict)

    def seconds_left(self) -> float:
        """Return the time to the window's end, negative after it."""
        return (self.end - datetime.now(timezone.utc)).total_seconds()

    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.stop.is_set() or self.seconds_left() <= 0

    def counts(self) -> dict[str, int]:
        """Return what the window has done so far."""
        return {
            **{name: self.journal.counts[name] for name in COUNTS},
            "database_reconnects": self.claims.database.reconnects + self.journal.database.reconnects,
            "server_reconnects": self.server_reconnects,
        }

    async def heartbeat(self, phase: WindowPhase) -> None:
        """Leave the workflow's heartbeat."""
        await self.claims.heartbeat(phase, self.end, self.counts(), self.trouble or None)

    def give_back(self, claim: Claim) -> None:
        """Let the database have a claim back that nobody has begun."""
        self.journal.add(outcomes.given_back(claim.event.event_id), claim.token)

    def refuse_sender(self, name: str | None, said: str) -> None:
        """Remember for a while that a sender is refused."""
        self.trouble = said
        self._refused_senders[name] = (asyncio.get_running_loop().time() + REFUSED_SENDER_SECONDS, said)

    def refusal_of_sender(self, name: str | None) -> str | None:
        """Return what the server said lately of a sender that it refuses."""
        until, said = self._refused_senders.get(name, (0.0, ""))
        return said if asyncio.get_running_loop().time() < until else None

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the window."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.stop.wait(), max(0.0, min(seconds, self.seconds_left())))

    async def database(self) -> None:
        """
        Wait until the database is there, or will not be soon.

        What is sent meanwhile cannot be logged, and goes out again if this engine does not come back in time.
        """
        while not self.is_over() and not self.claims.ownership.is_sure() and self.claims.ownership.may_return():
            await self.sleep(DATABASE_POLL_SECONDS)

    async def pause(self, failures: int) -> None:
        """Back off from the channel's server; not all loops for equally long."""
        self.server_reconnects += 1
        await self.sleep(min(0.25 * 2 ** min(failures - 1, 10), MAX_SERVER_BACKOFF_SECONDS) * random.uniform(0.75, 1.0))
