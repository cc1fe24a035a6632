"""A receiver: what is on its way to it, and how it has answered."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from message_center.accounts.webhook import Webhook
from message_center.webhooks.answers import Answer
from message_center.webhooks.message import Message
from message_center.webhooks.network import Names
from message_center.webhooks.posting import CONNECTIONS, Line

MAX_FAILURES = 5
"""After so many in a row nothing more is begun; see ``webhook_patience`` in the SQL."""


@dataclass
class Receiver:
    """
    One webhook's receiver.

    :param told: what it has answered, and when, and nobody has logged yet.
    :param next_look: when to look again whether something has changed.
    :param has_more: whether more may wait to be told than was taken up.
    :param has_answered: set with each answer, for whoever waits for some.
    """

    webhook: Webhook
    has_answered: asyncio.Event
    told: list[tuple[Message, Answer, float]] = field(default_factory=list)
    next_look: float = 0.0
    has_more: bool = True
    _on_their_way: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _lines: list[Line] = field(default_factory=list, init=False)
    _names: Names = field(default_factory=Names, init=False)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS), init=False)
    _failures: int = field(default=0, init=False)
    _wants_a_pause: bool = field(default=False, init=False)

    @property
    def on_their_way(self) -> list[int]:
        """The events of which a message is on its way, or is answered and not logged: no other one of theirs may be."""
        return [*self._on_their_way, *(message.event_id for message, _, _ in self.told)]

    def tell(self, message: Message) -> None:
        """Send a message when its turn comes."""
        self._on_their_way[message.event_id] = asyncio.create_task(self._send(message))

    def begin_again(self) -> None:
        """Take the database's word for it that more may be sent."""
        self._failures, self._wants_a_pause = min(self._failures, MAX_FAILURES - 1), False

    def told_rows(self) -> list[dict[str, Any]]:
        """Return what was answered as ``log_webhook_messages`` in the SQL takes it."""
        return [
            {
                "webhook": self.webhook.name,
                "event_id": message.event_id,
                "status": message.status,
                "at": at,
                "error": answer.error,
                "pause_seconds": answer.pause_seconds,
                "is_gone": answer.is_gone,
            }
            for message, answer, at in self.told
        ]

    def cancel(self) -> None:
        """Send nothing more of what is on its way."""
        for task in self._on_their_way.values():
            task.cancel()
        self._on_their_way.clear()

    async def close(self) -> None:
        """Send nothing more, and leave no connection open."""
        self.cancel()
        await asyncio.gather(*(line.close() for line in self._lines))
        self._names.close()

    async def until_quiet(self, seconds: float) -> None:
        """Begin nothing more, and wait for what is on its way."""
        self._wants_a_pause = True
        if self._on_their_way:
            await asyncio.wait(self._on_their_way.values(), timeout=seconds)

    async def _send(self, message: Message) -> None:
        try:
            async with self._turns:
                if self._wants_a_pause or self._failures >= MAX_FAILURES:
                    return
                line = self._lines.pop() if self._lines else Line(self.webhook, self._names)
                try:
                    answer = await line.post(message.id, message.body)
                finally:
                    self._lines.append(line)
                self._failures = self._failures + 1 if answer.error else 0
                self._wants_a_pause = self._wants_a_pause or answer.is_gone or answer.pause_seconds is not None
                self.told.append((message, answer, time.monotonic()))
        finally:
            if self._on_their_way.get(message.event_id) is asyncio.current_task():
                del self._on_their_way[message.event_id]
            self.has_answered.set()
