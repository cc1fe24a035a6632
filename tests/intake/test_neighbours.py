"""What one caller does is no concern of the others."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg

from message_center.intake.settings import Settings
from message_center.intake.soap.router import ROUTER
from support.doors import add_caller, bearer, opened
from support.events import event
from support.waiting import until

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"


def take_long(instance: Connection) -> None:
    """Let events with the external id ``slow`` wait until a lock is given back."""
    instance.execute(
        "create function public.take_long() returns trigger language plpgsql as $$"
        " begin perform pg_advisory_xact_lock(42); return new; end $$;"
        "create trigger take_long before insert on message_center.event for each row"
        " when (new.external_id = 'slow') execute function public.take_long();"
        "select pg_advisory_lock(42)"
    )


def waiting(instance: Connection) -> int:
    row = instance.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted").fetchone()
    assert row is not None
    return int(row[0])


async def test_calls_of_one_caller_that_take_long_leave_room_for_those_of_others(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    take_long(instance)
    shop, bank = (bearer(add_caller(instance, name)) for name in ("shop", "bank"))
    one = event(external_id="slow")
    slow = [asyncio.create_task(door.post(PUSH, json=sent, headers=shop)) for sent in (*[[one]] * 9, one, one)]
    await asyncio.to_thread(until, "slow calls wait", lambda: waiting(instance) == 4, 30)
    assert (await door.post(PUSH, json=event(), headers=bank)).status_code == 202
    assert (await door.post(PUSH, json=[event()], headers=bank)).status_code == 200
    assert (await door.get("/v1/events?external_id=slow", headers=bank)).json() == {"events": []}
    assert (await door.post(PUSH, json=event(), headers=bearer(add_caller(instance, "new")))).status_code == 202
    instance.execute("select pg_advisory_unlock(42)")
    answers = await asyncio.gather(*slow)
    assert {each.status_code for each in answers} <= {200, 202, 503}
    assert answers[0].status_code == 200


async def test_single_events_of_one_caller_that_take_long_hold_up_those_of_no_other(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    take_long(instance)
    shop, bank = (bearer(add_caller(instance, name)) for name in ("shop", "bank"))
    large = {"text": "x" * 100_000}
    slow = [
        asyncio.create_task(door.post(f"/v1/{queue}/events", json=event(external_id="slow", ctx=ctx), headers=shop))
        for queue in ("rt", "batch")
        for ctx in ({}, large)
    ]
    await asyncio.to_thread(until, "slow calls wait", lambda: waiting(instance) >= 2, 30)
    answer = await asyncio.wait_for(door.post(PUSH, json=event(), headers=bank), 20)
    assert answer.status_code == 202
    instance.execute("select pg_advisory_unlock(42)")
    assert [each.status_code for each in await asyncio.gather(*slow)] == [202] * 4


async def test_a_document_that_takes_long_to_read_leaves_others_their_turns(
    instance: Connection, settings: Settings
) -> None:
    """Nothing of this one comes to the instance: whoever has a turn meanwhile has it while it is read."""
    called = f'<Push xmlns="urn:nms:rtEvent"><t/><d>{"<a/>" * 450_000}</d></Push>'
    body = f'<e:Envelope xmlns:e="e"><e:Body>{called}</e:Body></e:Envelope>'
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with opened(Settings(settings.instances)) as door:
        headers = {"X-Session-Token": add_caller(instance)}
        assert "no such method" in (await door.post(ROUTER, content=body.replace("<a/>", ""), headers=headers)).text
        other = asyncio.create_task(take_turns())
        assert "no such method" in (await door.post(ROUTER, content=body, headers=headers)).text
        other.cancel()
    assert turns > 100
