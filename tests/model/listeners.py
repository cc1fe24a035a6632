"""Those whom webhooks tell: each answers as it likes, and notes what it was told."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from message_center.accounts.webhook import Webhook
from message_center.statuses import STATUSES
from message_center.webhooks.answers import Answer, answer_of
from model.model import Event

Wants = dict[str, tuple[str, ...]]
"""What a webhook asks for, as its connection has it; nothing: everything."""

# What a listener answers: by its mood.
ANSWERS = {
    "well": answer_of(200),
    "ill": answer_of(500),
    "busy": answer_of(429, "3000"),
    "gone": answer_of(410),
    "lost": Answer("ReadTimeout"),
}
TAKING = ("well", "lost")
"""In these it takes what it is told; of the second, nobody hears."""
MOODS = (*ANSWERS, "silent", "refusing")


def wants(asked: Wants, event: Event, status: str) -> bool:
    """Tell whether somebody who asks for some events wants to be told of one."""
    of_event = {"event_types": event.type, "statuses": status, "queues": event.queue, "callers": ""}
    return all(of_event[name] in values for name, values in asked.items())


@dataclass
class Listener:
    """
    One webhook's receiver, for an abstract network.

    :param was_so: the event as it was when it had a status, if it ever had.
    :param asks: for what it has asked, each with the number of the picture from which on.
    :param taken: what it has taken: event and status.
    :param refused: when it first refused an event's status, in ticks.
    :param is_listening: whether it may be told anything now.
    """

    name: str
    was_so: Callable[[int, str], Event | None]
    asks: list[tuple[int, Wants]]
    mood: str = "well"
    taken: list[tuple[int, str]] = field(default_factory=list)
    refused: dict[tuple[int, str], int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    is_listening: bool = True
    is_changing: bool = False
    ticks: Callable[[], int] = lambda: 0
    _tried: dict[int, str] = field(default_factory=dict)
    _open: set[int] = field(default_factory=set)
    _has_made_up_its_mind: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def wants(self) -> Wants:
        """What it asks for now."""
        return self.asks[-1][1]

    def be(self, mood: str) -> None:
        """Be in another mood, and answer to what is still open."""
        self.mood = mood
        if mood != "silent":
            self._has_made_up_its_mind.set()

    async def hear(self, event: int, status: str) -> Answer:
        """Be told that an event has a status."""
        self._judge(event, status)
        self._tried[event] = status
        self._open.add(event)
        try:
            if self.mood == "silent":
                self._has_made_up_its_mind.clear()
                await self._has_made_up_its_mind.wait()
            return self._answer(event, status)
        finally:
            self._open.discard(event)

    def _answer(self, event: int, status: str) -> Answer:
        mood = self.mood
        if mood == "refusing":
            mood = "ill" if event % 2 else "well"
        if mood in TAKING:
            self.taken.append((event, status))
        else:
            self.refused.setdefault((event, status), self.ticks())
        return ANSWERS[mood]

    def _judge(self, event: int, status: str) -> None:
        was = self.was_so(event, status)
        asked = [self.wants, *(wants for _, wants in self.asks[-2:-1] if self.is_changing)]
        for is_wrong, fault in (
            (not self.is_listening, "is told something while it wants to be left alone"),
            (event in self._open, "is told before it has answered"),
            (was is None, "is told what never was"),
            (was is not None and not any(wants(each, was, status) for each in asked), "has not asked for it"),
            (
                STATUSES.index(self._tried.get(event, status)) > STATUSES.index(status),
                f"has been told {self._tried.get(event)!r}",
            ),
        ):
            if is_wrong:
                self.faults.append(f"{self.name}, event {event}, {status!r}: {fault}")


class Line:
    """Takes the place of the product's lines: what is posted comes to the listener of that name."""

    listeners: ClassVar[dict[str, Listener]] = defaultdict()

    def __init__(self, webhook: Webhook, names: Any) -> None:
        self.webhook = webhook

    async def post(self, message_id: str, body: bytes) -> Answer:
        """Tell the listener."""
        data = json.loads(body)["data"]
        return await self.listeners[self.webhook.name].hear(int(data["id"]), data["status"])

    async def close(self) -> None:
        """There is nothing to close."""
