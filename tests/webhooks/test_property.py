"""Whatever happens to events, receivers and windows: each event's last status is told, and none after a later one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from random import Random
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from message_center.accounts.webhook import Webhook
from message_center.statuses import STATUSES, Status
from message_center.webhooks import posting, work
from message_center.webhooks.acts import WebhookAct, replay
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
    row_of,
    time_passes,
    webhook,
)

ANSWER_SECONDS = 0.8
TOLD = (
    "select event_id, changed_at >= %s from message_center.webhook_message where webhook = %s and told_at is not null"
)
LEFT = "select count(*) from message_center.webhook_message where webhook = %s and told_at is null"
NAMES = (f"erp{number}" for number in count())
MOODS = ("well", "ill", "slow")
STEPS = (
    *("push", "move", "move", "tell", "tell", "overtake", "overtake", "mark", "replay"),
    *("kill", "cut", "wait", *MOODS),
)


class Story:
    """What happens, one thing after the other, and who is told of it."""

    def __init__(self, execution: Connection, uri: str, app: Receiver, seed: int) -> None:
        self.execution, self.uri, self.app, self.random = execution, uri, app, Random(seed)
        self.told: Webhook = webhook(app, next(NAMES))
        self.events: dict[int, Status] = {}
        self.mood = "well"
        self.marks: list[datetime] = []
        # From where on in what was taken an event has to be told again, or must not be.
        self.again: dict[int, int] = {}
        self.quiet: dict[int, int] = {}
        self.work: WebhookDelivery | None = None
        self.session: psycopg.AsyncConnection | None = None
        app.taken.clear()
        app.answer = self.answer
        known(execution, self.told)

    async def answer(self, _: Received) -> Response:
        if self.mood == "slow":
            await asyncio.sleep(late := self.random.choice((0.0, 0.25, 0.25, 2 * ANSWER_SECONDS)))
            # What it does after its time is its own affair: nobody can wait for it.
            return Response(status_code=408 if late > ANSWER_SECONDS else self.random.choice((200, 500)))
        return Response(status_code=self.random.choice((500, 429, 302, 200)) if self.mood == "ill" else 200)

    async def happens(self, what: str) -> None:
        if what in MOODS:
            self.mood = what
        elif (done := getattr(self, what)()) is not None:
            await done

    def push(self) -> None:
        self.events |= dict.fromkeys(pushed(self.execution, self.random.randint(1, 3)), "Pending")

    async def overtake(self) -> None:
        """While the message before may be on its way."""
        self.mood = "slow"
        self.move()
        await self.tell(1)
        self.mood = "well"
        self.move()
        await self.tell(2)

    async def cut(self) -> None:
        if self.session is not None:
            await self.session.close()

    def wait(self) -> None:
        time_passes(self.execution)

    def mark(self) -> None:
        self.marks += self.execution.execute("select clock_timestamp()").fetchone() or ()

    def move(self) -> None:
        for event in self.random.sample(sorted(self.events), min(len(self.events), 2)):
            if after := NEXT_STATUSES.get(self.events[event]):
                self.events[event] = self.random.choice(after)
                moved(self.execution, [event], self.events[event])
                self.quiet.pop(event, None)

    def replay(self) -> None:
        if not self.marks:
            return
        since = self.random.choice(self.marks)
        replay(self.execution, WebhookAct(uuid4(), "ann", "it has lost something", self.told.name), since)
        told = self.execution.execute(TOLD, [since, self.told.name]).fetchall()
        here = len(self.app.taken)
        self.again |= {event: here for event, is_since in told if is_since}
        self.quiet = {event: self.quiet.get(event, here) for event, is_since in told if not is_since}

    async def tell(self, steps: int | None = None) -> None:
        self.work = self.work or delivery(self.told)
        for _ in range(steps or self.random.randint(1, 4)):
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
            if (
                all(self.app.statuses_of(event)[-1:] == [status] for event, status in self.events.items())
                and self.is_read()
            ):
                break
        await self.kill()

    def is_read(self) -> bool:
        row = row_of(self.execution, self.told.name)
        left = self.execution.execute(LEFT, [self.told.name]).fetchone()
        return row["since"] is None and left == (0,)


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
        patch.setattr(work, "LOOK_SECONDS", 0.0)
        story = asyncio.run(run())
    for event, status in story.events.items():
        told = app.statuses_of(event)
        assert told[-1:] == [status]
        assert told == sorted(told, key=STATUSES.index), "Pending, then Pending delivery, then an end, then a bounce"
    for event, here in story.again.items():
        assert event in {each.event for each in app.taken[here:]}, "told again"
    for event, here in story.quiet.items():
        assert event not in {each.event for each in app.taken[here:]}, "it has not changed since"
