"""
Whatever comes to a door is taken in or refused with a remedy: no 5xx, no hang, and stored is what was answered with an
id, all of it and nothing else. What has once been a fault, or is the least of its kind, is kept in corpus/.

    make fuzz INPUTS=1000000 SEED=7
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from starlette.types import ASGIApp, Message

from fuzz.calls import MAKERS, PLAIN, SECRET, Call, kept
from fuzz.inputs import Inputs
from message_center.ctx import read_json
from message_center.intake.app import make_app
from message_center.intake.settings import Settings
from support.doors import add_caller, door_login

Connection = psycopg.Connection[Any]

INPUTS = int(os.environ.get("FUZZ_INPUTS", "800"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
AT_ONCE = 20
SECONDS = 30
EMPTY = "truncate message_center.event, message_center.idempotency_key, message_center.keyed_call"
LOOK_EVERY = 100
"""So many times AT_ONCE inputs are compared with what is stored."""
IDS = re.compile(rb'"id":"(\d+)"|<plId [^>]*>([1-9]\d*)<')
OF_COLLECTION = re.compile(rb'<\w+Event id="([1-9]\d*)"/>')


class Door:
    """A door in this process, and what it answered was stored."""

    def __init__(self, app: ASGIApp, secret: str, instance: Connection) -> None:
        self.app, self.secret, self.instance = app, secret.encode(), instance
        self.answered: set[int] = set()

    async def take(self, call: Call) -> None:
        """Make a call, and look at its answer; again where the machine has other things to do."""
        for _ in range(SECONDS):
            status, body = await asyncio.wait_for(self._answer(call), SECONDS)
            if b"The instance is busy" not in body:
                break
        assert status < 500, (call, body)
        if status >= 400 and not call.path.startswith("/nl/"):
            assert json.loads(body)["remedy"], call
        self.answered.update(ids_in(call, status, body))

    async def _answer(self, call: Call) -> tuple[int, bytes]:
        given = call.headers
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
            "server": ("door.example", 80), "client": ("192.0.2.1", 1), "method": call.method, "path": call.path,
            "raw_path": b"", "query_string": call.query, "state": {},
            "headers": [(name, value.replace(SECRET.encode(), self.secret)) for name, value in given],
        }  # fmt: skip
        coming = [{"type": "http.request", "body": call.body.replace(SECRET.encode(), self.secret)}]
        status, body = 0, b""

        async def receive() -> Message:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")

        await self.app(scope, receive, send)
        return status, body

    def look(self) -> None:
        """See that stored is what was answered, and begin with an empty instance again."""
        stored = {id_ for (id_,) in self.instance.execute("select id from message_center.event").fetchall()}
        assert stored == self.answered
        self.answered.clear()
        self.instance.execute(
            "truncate message_center.event, message_center.idempotency_key, message_center.keyed_call"
        )


def ids_in(call: Call, status: int, body: bytes) -> set[int]:
    """Return the ids of the events that an answer says are stored."""
    if call.method == "GET" or status >= 300:
        return set()
    if call.path.startswith("/campaign/"):
        return {int(read_json(body.decode())["PKey"])}
    if b"-results>" in body:
        return set(map(int, OF_COLLECTION.findall(body)))
    return {int(one or other) for one, other in IDS.findall(body)}


@pytest_asyncio.fixture
async def door(execution: Connection) -> AsyncIterator[Door]:
    secret = add_caller(execution)
    with door_login(execution) as uri:
        app = make_app(Settings({"mcTest": uri}, unknown_key_seconds=0.01))
        async with app.router.lifespan_context(app):
            yield Door(app, secret, execution)


@pytest.mark.parametrize("kind", MAKERS)
async def test_a_door_takes_in_or_refuses(door: Door, kind: str) -> None:
    inputs = Inputs(SEED)
    for number in range(1, max(1, INPUTS // AT_ONCE) + 1):
        await asyncio.gather(*(door.take(MAKERS[kind](inputs)) for _ in range(AT_ONCE)))
        if number % LOOK_EVERY == 0:
            door.look()
    door.look()


@pytest.mark.parametrize("kind", PLAIN)
async def test_what_is_kept_harms_nobody(door: Door, kind: str) -> None:
    """Each of the corpus by itself, at the same time as a good one."""
    good = PLAIN[kind]
    for body in (good.body, *kept(kind)):
        await asyncio.gather(door.take(good._replace(body=body)), door.take(good))
        assert door.answered, body
        door.look()
