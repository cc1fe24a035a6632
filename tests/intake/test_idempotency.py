"""A call that is sent again makes no second message, whoever else uses the same key."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from support.doors import add_caller, bearer
from support.events import event, push
from support.waiting import until

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"


def count(instance: Connection) -> int:
    row = instance.execute("select count(*) from message_center.event").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("quoted", ["order-1", '"order-1"'])
async def test_an_event_sent_again_with_its_key_gets_the_first_answer(
    instance: Connection, door: httpx.AsyncClient, quoted: str
) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": quoted}
    first = await door.post(PUSH, json=event(), headers=headers)
    again = await door.post(PUSH, json=event(), headers={**headers, "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    other = await door.post(PUSH, json=event(ctx={"order": 2}), headers=headers)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["title"]
    in_the_field = await door.post(PUSH, json=event(idempotency_key="order-1"), headers=bearer_of(headers))
    assert in_the_field.json() == first.json(), "the header and the field are one"
    differing = await door.post(PUSH, json=event(idempotency_key="order-2"), headers=headers)
    assert differing.status_code == 400
    assert count(instance) == 1


def bearer_of(headers: dict[str, str]) -> dict[str, str]:
    return {"authorization": headers["authorization"]}


async def test_an_array_sent_again_with_its_key_gets_the_first_answer(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": "call-1"}
    events = [event(), event(email="nobody"), event()]
    first = await door.post(PUSH, json=events, headers=headers)
    assert (await door.post(PUSH, json=events, headers=headers)).json() == first.json()
    assert (await door.post(PUSH, json=events[:1], headers=headers)).status_code == 422
    assert (await door.post("/v1/batch/events", json=events, headers=headers)).status_code == 422
    assert count(instance) == 2


async def test_an_event_that_the_instance_refuses_a_keyed_call_for_harms_no_other(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        "create trigger refuse before insert on message_center.event for each row when (new.external_id = 'bad')"
        " execute function public.refuse()"
    )
    headers = bearer(add_caller(instance)) | {"idempotency-key": "call-1"}
    events = [event(), event(external_id="bad"), event(email="nobody"), event(), [event()]]
    first = await door.post(PUSH, json=events, headers=headers)
    assert [each.get("reason") for each in first.json()["results"]] == [
        None,
        "not storable: not this one",
        "email is badly formed",
        None,
        "an event is a JSON object, not array",
    ]
    assert (await door.post(PUSH, json=events, headers=headers)).json() == first.json()
    assert count(instance) == 2


async def test_each_caller_has_keys_of_its_own(instance: Connection, door: httpx.AsyncClient) -> None:
    (by_sql,) = push(instance, event(idempotency_key="k"))
    ids = {by_sql}
    for name in ("shop", "bank"):
        headers = bearer(add_caller(instance, name)) | {"idempotency-key": "k"}
        ids.add(int((await door.post(PUSH, json=event(), headers=headers)).json()["id"]))
        ids.add(int((await door.post(PUSH, json=event(), headers=headers)).json()["id"]))
    assert len(ids) == count(instance) == 3


@pytest.mark.parametrize("body", [event(), [event()]])
async def test_a_call_whose_twin_is_under_way_is_told_so(
    instance: Connection, door: httpx.AsyncClient, execution_uri: str, body: Any
) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": "k"}
    with psycopg.connect(execution_uri) as holder:
        holder.execute("lock table message_center.event in access exclusive mode")
        first = asyncio.create_task(door.post(PUSH, json=body, headers=headers))
        waiting = "select 1 from pg_locks where locktype = 'relation' and not granted"
        await asyncio.to_thread(until, "the push waits", lambda: instance.execute(waiting).fetchone(), 10)
        second = await door.post(PUSH, json=body, headers=headers)
        holder.rollback()
    assert second.status_code == 409
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code in (200, 202)
    third = await door.post(PUSH, json=body, headers=headers)
    assert third.json() == (await first).json()


async def test_a_call_whose_twin_another_process_has_under_way_is_told_so(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": "k"}
    instance.execute("select pg_advisory_lock(hashtextextended('shop k', 0))")
    assert (await door.post(PUSH, json=[event()], headers=headers)).status_code == 409
    instance.execute("select pg_advisory_unlock_all()")
    assert (await door.post(PUSH, json=[event()], headers=headers)).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, '""'])
async def test_a_key_that_cannot_be_kept_is_refused(instance: Connection, door: httpx.AsyncClient, key: str) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": key}
    answer = await door.post(PUSH, json=event(), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["remedy"]


async def test_the_keys_of_purged_events_and_old_calls_are_forgotten(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance)) | {"idempotency-key": "k"}
    first = await door.post(PUSH, json=event(), headers=headers)
    await door.post(PUSH, json=[event()], headers=headers)
    instance.execute(
        "update message_center.event set status = 'Expired', status_reason = 'old', created_at = '2020-1-1'"
    )
    instance.execute("update message_center.keyed_call set created_at = '2020-1-1'")
    purge = "select purged from message_center.purge_events(pg_current_snapshot(), '30 days', 0, 100, '{}')"
    assert instance.execute(purge).fetchall() == [(2,)]
    left = "select count(*) from (select key from message_center.idempotency_key union all select key from"
    assert instance.execute(f"{left} message_center.keyed_call) as k").fetchall() == [(0,)]
    assert (await door.post(PUSH, json=event(), headers=headers)).json() != first.json()
