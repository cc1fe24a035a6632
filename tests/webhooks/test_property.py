"""Whatever happens to events, receivers and windows: each event's last status is told, and none after a later one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from message_center.accounts.webhook import Webhook
from message_center.statuses import STATUSES, Status
from message_center.webhooks import posting
from message_center.webhooks.work import WebhookDelivery
from support.webhooks import (
    NEXT_STATUSES,
    Connection,
    Received,
    Receiver,
    delivery,
    known,
    moved,
    pushed,
    receiver,
    time_passes,
    webhook,
)

ANSWER_SECONDS = 0.3
NAMES = (f"erp{number}" for number in count())
STEPS = ("push", "push", "move", "move", "move", "tell", "tell", "tell", "kill", "cut", "wait", "well", "ill", "slow")


class Story:
    """What happens, one thing after the other, and who is told of it."""

    def __init__(self, execution: Connection, uri: str, app: Receiver, seed: int) -> None:
        self.execution, self.uri, self.app, self.random = execution, uri, app, Random(seed)
        self.told: Webhook = webhook(app, next(NAMES))
        self.events: dict[int, Status] = {}
        self.mood = "well"
        self.work: WebhookDelivery | None = None
        self.session: psycopg.AsyncConnection | None = None
        app.taken.clear()
        app.answer = self.answer
        known(execution, self.told)

    async def answer(self, _: Received) -> Response:
        if self.mood == "slow":
            await asyncio.sleep(late := self.random.choice((0.0, 0.05, 2 * ANSWER_SECONDS)))
            # What it does after its time is its own affair: nobody can wait for it.
            return Response(status_code=408 if late > ANSWER_SECONDS else self.random.choice((200, 500)))
        return Response(status_code=self.random.choice((500, 429, 302, 200)) if self.mood == "ill" else 200)

    async def happens(self, what: str) -> None:
        if what == "push":
            self.events |= dict.fromkeys(pushed(self.execution, self.random.randint(1, 3)), "Pending")
        elif what == "move":
            self.move()
        elif what == "tell":
            await self.tell(self.random.randint(1, 4))
        elif what == "kill":
            await self.kill()
        elif what == "cut" and self.session is not None:
            await self.session.close()
        elif what == "wait":
            time_passes(self.execution)
        else:
            self.mood = what if what in ("well", "ill", "slow") else self.mood

    def move(self) -> None:
        for event in self.random.sample(sorted(self.events), min(len(self.events), 2)):
            if after := NEXT_STATUSES.get(self.events[event]):
                self.events[event] = self.random.choice(after)
                moved(self.execution, [event], self.events[event])

    async def tell(self, steps: int) -> None:
        self.work = self.work or delivery(self.told)
        for _ in range(steps):
            if self.session is None or self.session.closed:
                await asyncio.sleep(0.1)  # what was on its way has been taken by now, or never will be
                self.session = await psycopg.AsyncConnection.connect(self.uri, autocommit=True)
                self.work.resume({})
            await self.work.step(self.session)

    async def kill(self) -> None:
        if self.work is not None:
            await self.work.close()
        if self.session is not None:
            await self.session.close()
        self.work = self.session = None

    async def ends_well(self) -> None:
        self.mood = "well"
        for _ in range(500):
            time_passes(self.execution)
            await self.tell(1)
            await asyncio.sleep(0.02)
            if all(self.app.statuses_of(event)[-1:] == [status] for event, status in self.events.items()):
                break
        await self.kill()


@pytest.fixture(scope="module")
def app() -> Iterator[Receiver]:
    with receiver() as app:
        yield app


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=10, max_size=40), seed=st.integers(0, 999))
def test_the_last_status_is_told_and_none_after_a_later_one(
    execution: Connection, execution_uri: str, app: Receiver, steps: list[str], seed: int
) -> None:
    async def run() -> Story:
        story = Story(execution, execution_uri, app, seed)
        for step in steps:
            await story.happens(step)
        await story.ends_well()
        return story

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posting, "ANSWER_SECONDS", ANSWER_SECONDS)
        story = asyncio.run(run())
    for event, status in story.events.items():
        told = app.statuses_of(event)
        assert told[-1:] == [status]
        assert told == sorted(told, key=STATUSES.index), "Pending, then Pending delivery, then an end, then a bounce"
