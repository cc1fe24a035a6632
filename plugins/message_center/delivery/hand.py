"""What the loops of one delivery window share."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from message_center.delivery.claims import Claim, Claims
from message_center.delivery.journal import Journal
from message_center.delivery.sender import Sender

MAX_SERVER_BACKOFF_SECONDS = 15.0


@dataclass
class Hand:
    """
    What is in the hand of a window: the claims to be sent, and where their outcomes go.

    :param sender: makes and sends the messages.
    :param end: when the window ends.
    :param queue: claims that nobody has begun; ``None`` ends one sending loop.
    :param stop: set to end the window early.
    :param ready: whether the channel's server was there when last tried.
    :param trouble: what is or was the matter with it.
    :param answered: how many messages it has given an answer to.
    """

    account: str
    sender: Sender[Any]
    end: datetime
    lease: timedelta
    claims: Claims
    journal: Journal
    stop: asyncio.Event
    queue: asyncio.Queue[Claim | None] = field(default_factory=asyncio.Queue)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: str = ""
    answered: int = 0
    server_reconnects: int = 0

    def seconds_left(self) -> float:
        """Return the time to the window's end, negative after it."""
        return (self.end - datetime.now(timezone.utc)).total_seconds()

    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.stop.is_set() or self.seconds_left() <= 0

    def counts(self) -> dict[str, int]:
        """Return what the window has done so far."""
        return {
            **dict.fromkeys(("sent", "ignored", "failed", "postponed", "refused"), 0),
            **self.journal.counts,
            "database_reconnects": self.claims.database.reconnects + self.journal.database.reconnects,
            "server_reconnects": self.server_reconnects,
        }

    async def heartbeat(self, phase: Any) -> None:
        """Leave the workflow's heartbeat."""
        await self.claims.heartbeat(phase, self.end, self.counts(), self.trouble or None)

    async def pause(self, failures: int) -> None:
        """Back off from the channel's server, but not beyond the window."""
        self.server_reconnects += 1
        seconds = min(0.25 * 2 ** min(failures - 1, 10), MAX_SERVER_BACKOFF_SECONDS, self.seconds_left())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.stop.wait(), max(0.0, seconds))
