"""Receivers of webhooks behind real ports, which answer as they are told to, and windows that tell them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from message_center.accounts.webhook import Webhook
from message_center.statuses import Status
from message_center.webhooks.trigger import WebhookWindow
from message_center.webhooks.work import WebhookDelivery
from support.events import push
from support.served import served

Connection = psycopg.Connection[Any]
SECRET = "whsec_" + base64.b64encode(b"a key of 24 random bytes").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"an old key, of other bytes").decode()
NEXT_STATUSES: dict[Status, tuple[Status, ...]] = {
    "Pending": ("Pending delivery", "Expired", "Event not taken into account"),
    "Pending delivery": ("Sent", "Delivery failed", "Ignored by the delivery"),
    "Sent": ("Delivery failed",),
}
"""Which statuses an event may get."""
PATIENCE, KEPT = timedelta(days=5), timedelta(days=7)


@dataclass
class Received:
    """A request, as it came in."""

    id: str
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> int:
        return int(json.loads(self.body)["data"]["id"])

    @property
    def status(self) -> Status:
        status: Status = json.loads(self.body)["data"]["status"]
        return status


@dataclass
class Receiver:
    """
    A receiver.

    :param answer: what it answers, 200 by default; it may take its time.
    :param tried: what came in.
    :param taken: what it answered with 200.
    """

    url: str = ""
    answer: Callable[[Received], Awaitable[Response]] | None = None
    tried: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        received = Received(request.headers["webhook-id"], await request.body(), dict(request.headers))
        self.tried.append(received)
        response = await self.answer(received) if self.answer else Response()
        if response.status_code == 200:
            self.taken.append(received)
        await response(scope, receive, send)

    def says(self, *statuses: int, **headers: str) -> None:
        """Answer the next requests with these statuses, and all further ones with 200."""
        left = list(statuses)

        async def answer(_: Received) -> Response:
            return Response(status_code=left.pop(0) if left else 200, headers=headers)

        self.answer = answer

    def statuses_of(self, event: int) -> list[Status]:
        """What was taken of an event, in the order in which it came."""
        return [received.status for received in self.taken if received.event == event]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver behind a port of its own."""
    app = Receiver()
    with served(app) as url:
        app.url = f"{url}/status?token=hush"
        yield app


async def endless(_: Received) -> Response:
    """An answer that never ends."""

    async def body() -> Any:
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0.001)

    return StreamingResponse(body(), media_type="text/plain")


async def hanging(_: Received) -> Response:
    """An answer that is not waited for."""
    await asyncio.sleep(3)
    return Response(status_code=500)


def webhook(receiver: Receiver, name: str = "erp", secret: str = SECRET, **extra: Any) -> Webhook:
    """A webhook as its connection has it."""
    return Webhook.from_connection(name, receiver.url, secret, extra, http_is_allowed=True)


def delivery(*webhooks: Webhook) -> WebhookDelivery:
    """The work of a window."""
    return WebhookDelivery(lambda: webhooks, PATIENCE, KEPT)


def window(uri: str, seconds: float, *webhooks: Webhook) -> WebhookWindow:
    """A window that tells some webhooks."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return WebhookWindow("mcTest", delivery(*webhooks), end, connect)


async def tell(uri: str, *webhooks: Webhook, until: Callable[[], bool], seconds: float = 20) -> dict[str, Any]:
    """Run a window until something is so; return its counts."""
    working = window(uri, seconds, *webhooks)
    running = asyncio.create_task(working.run())
    try:
        await seen(lambda: until() or running.done())
        assert until(), "not within the window"
    finally:
        working.end_early("the test has seen enough")
        result = await running
        await working.work.close()
    return result


async def seen(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, in the database or in a receiver's thread."""
    while not is_so():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def known(execution: Connection, *webhooks: Webhook) -> None:
    """Make webhooks known to an instance: they are told what changes from now on."""
    rows = json.dumps([each.as_row() for each in webhooks])
    execution.execute("select message_center.set_webhooks(%s::jsonb)", [rows])


def pushed(execution: Connection, events: int = 1, **fields: Any) -> list[int]:
    """Push some events."""
    given = {"type": "order_confirmation", "email": "john@shop.example", "ctx": {}} | fields
    return push(execution, *[given] * events)


def moved(execution: Connection, ids: Sequence[int], *statuses: Status) -> None:
    """Let events get statuses one after the other."""
    for status in statuses:
        execution.execute(
            "update message_center.event set status = %s, status_reason = 'for a test' where id = any(%s)",
            [status, list(ids)],
        )


def row_of(execution: Connection, name: str = "erp") -> dict[str, Any]:
    """A webhook as the instance keeps it."""
    found = execution.execute(
        "select to_jsonb(w) from message_center.webhook as w where w.name = %s", [name]
    ).fetchone()
    assert found is not None
    return dict(found[0])


def time_passes(execution: Connection) -> None:
    """Let all waits be over."""
    execution.execute("update message_center.webhook set retry_at = null where true")
    execution.execute("update message_center.webhook_message set retry_at = null where told_at is null")
