"""Who may enter, what each may do, and what none sees of the others."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import psycopg
import pytest

from message_center.intake import instance as instances
from message_center.intake.keys import new_secret
from message_center.intake.settings import INSTANCES, Settings
from support.doors import add_caller, add_key, bearer, opened, until_status
from support.events import event, push

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Basic c2hvcDpzZWNyZXQ="},
        {"authorization": "Bearer x"},
        {"authorization": f"Bearer mc_{'a' * 16}_{'b' * 43}"},
        {"authorization": f"Bearer {new_secret()}"},
        {"authorization": b"Bearer \xff\xfe"},
    ],
)
async def test_nobody_enters_without_a_secret(instance: Connection, door: httpx.AsyncClient, headers: Any) -> None:
    add_caller(instance)
    for method, path in (("POST", PUSH), ("GET", "/v1/events/1"), ("GET", "/v1/events?external_id=a")):
        answer = await door.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["remedy"]
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_secret_with_another_end_is_none(instance: Connection, door: httpx.AsyncClient) -> None:
    secret = add_caller(instance)
    forged = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert (await door.post(PUSH, json=event(), headers=bearer(forged))).status_code == 401
    assert (await door.post(PUSH, json=event(), headers=bearer(secret))).status_code == 202


async def test_keys_take_turns(instance: Connection, door: httpx.AsyncClient) -> None:
    """The new one is good at once, the old one for as long as they overlap."""
    old = add_caller(instance)
    new = add_key(instance, "shop", overlap=3600)
    for secret in (old, new):
        assert (await door.post(PUSH, json=event(), headers=bearer(secret))).status_code == 202
    newest = add_key(instance, "shop", overlap=0)
    await until_status(202, lambda: door.post(PUSH, json=event(), headers=bearer(newest)))
    for secret in (old, new):
        assert (await door.post(PUSH, json=event(), headers=bearer(secret))).status_code == 401


async def test_who_is_shut_out_is_so_within_seconds_and_its_events_stay(
    instance: Connection, settings: Settings
) -> None:
    secret = add_caller(instance)
    async with opened(Settings(settings.instances, refresh_seconds=0.1)) as door:
        assert (await door.post(PUSH, json=event(), headers=bearer(secret))).status_code == 202
        assert instance.execute("select message_center.remove_caller('shop')").fetchone() == (True,)
        await until_status(401, lambda: door.post(PUSH, json=event(), headers=bearer(secret)))
    assert instance.execute("select distinct caller from message_center.event").fetchall() == [("shop",)]


@pytest.mark.parametrize("scope", ["push", "read"])
async def test_a_caller_does_what_it_may_and_no_more(instance: Connection, door: httpx.AsyncClient, scope: str) -> None:
    headers = bearer(add_caller(instance, may=(scope,)))
    pushed = await door.post(PUSH, json=event(), headers=headers)
    read = await door.get("/v1/events?external_id=a", headers=headers)
    assert (pushed.status_code, read.status_code) == ((202, 403) if scope == "push" else (403, 200))
    assert (read if scope == "push" else pushed).json()["detail"].startswith("This caller may not")


async def test_a_caller_pushes_its_event_types_to_its_queues(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance, event_types=["order_confirmation"], queues=["batch"]))
    stream = {**headers, "content-type": "application/x-ndjson"}
    assert (await door.post("/v1/batch/events", json=event(), headers=headers)).status_code == 202
    for path, body in (("/v1/batch/events", event(type="x")), (PUSH, event()), (PUSH, [event()])):
        assert (await door.post(path, json=body, headers=headers)).status_code == 403
    assert (await door.post(PUSH, json=event(), headers=stream)).status_code == 403
    streamed = await door.post("/v1/batch/events", json=event(type="x"), headers=stream)
    assert streamed.json() == {"line": 1, "reason": "this caller may not push events of this type"}
    assert instance.execute("select count(*) from message_center.event").fetchone() == (1,)


async def test_a_caller_sees_its_own_events_and_nobody_elses(instance: Connection, door: httpx.AsyncClient) -> None:
    shop, bank = (bearer(add_caller(instance, name)) for name in ("shop", "bank"))
    mine = (await door.post(PUSH, json=event(external_id="order-1"), headers=shop)).json()
    (by_sql,) = push(instance, event(external_id="order-1"))
    for path in (mine["href"], f"/v1/events/{by_sql}"):
        answer = await door.get(path, headers=bank)
        assert answer.status_code == 404
        assert "john" not in answer.text
    for query in ("external_id=order-1", "address=john@shop.example"):
        assert (await door.get(f"/v1/events?{query}", headers=bank)).json() == {"events": []}
        assert len((await door.get(f"/v1/events?{query}", headers=shop)).json()["events"]) == 1


async def test_who_sends_too_much_is_told_when_there_is_room(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance, rate=1))
    answers = [await door.post(PUSH, json=event(), headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [202] * 2, "two seconds' worth at once"
    # However slow the machine is, it comes to the point where there is no room for another one.
    await until_status(429, lambda: door.post(PUSH, json=event(), headers=headers))
    answer = await door.post(PUSH, json=[event()] * 2, headers=headers)
    assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (429, True)
    replay = f"/v1/events/{answers[0].json()['id']}/replay"  # which is a push
    await until_status(429, lambda: door.post(replay, headers=headers))
    other = bearer(add_caller(instance, "bank"))
    assert (await door.post(PUSH, json=[event()] * 20, headers=other)).status_code == 200


async def test_the_door_of_a_full_queue_is_closed(instance: Connection, settings: Settings) -> None:
    headers = bearer(add_caller(instance))
    push(instance, *[event()] * 4)
    async with opened(Settings(settings.instances, max_pending=3, refresh_seconds=0.1)) as door:
        for body in (event(), [event()]):
            answer = await door.post(PUSH, json=body, headers=headers)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
        assert (await door.post("/v1/batch/events", json=event(), headers=headers)).status_code == 202
        instance.execute("delete from message_center.event where queue = 'rt'")
        await until_status(202, lambda: door.post(PUSH, json=event(), headers=headers))


@pytest.mark.parametrize(
    "lack",
    [
        "update message_center.instance set (account, instance_identifier, registered_at) = (null, null, null)",
        "alter function message_center.push_events_of rename to push_events_as",
        """do $$ begin execute format(
            'revoke execute on all functions in schema message_center from %I', current_database() || '_door');
        end $$""",
    ],
    ids=["registration", "function", "right"],
)
async def test_an_instance_that_is_not_ready_refuses_no_event(
    instance: Connection, settings: Settings, lack: str
) -> None:
    headers = bearer(add_caller(instance))
    async with opened(settings) as door:
        assert (await door.post(PUSH, json=event(), headers=headers)).status_code == 202
        instance.execute(lack.encode())
        for body in (event(), [event()]):
            answer = await door.post(PUSH, json=body, headers=headers)
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) > 0
        lines = f"{json.dumps(event())}\n".encode() * 2
        stream = await door.post(PUSH, content=lines, headers={**headers, "Content-Type": "application/x-ndjson"})
        assert "not storable" not in stream.text


async def test_an_instance_that_is_away_stops_no_other(instance: Connection, settings: Settings) -> None:
    headers = bearer(add_caller(instance))
    away = "host=127.0.0.1 port=1 dbname=away user=nobody"
    async with opened(Settings({"mcAway": away, **settings.instances})) as door:
        assert (await door.post(PUSH, json=event(), headers=headers)).status_code == 202
        # It may be that instance's: who knows.
        unknown = await door.post(PUSH, json=event(), headers=bearer(new_secret()))
        assert unknown.status_code == 503
        assert (await door.get("/health")).json() == {"instances": {"mcAway": False, "mcTest": True}}


NO_ADDRESS = f"its address is none (ProgrammingError). Correct it in {INSTANCES}"
AWAY = {
    "refused": ("postgresql://u:hush@127.0.0.1:1/x", "connection failed: "),
    "misspelt": ("host=127.0.0.1 port=1 hush=x", NO_ADDRESS),
    "wrongly_quoted": ("postgresql://u:hush%zz@127.0.0.1/x", NO_ADDRESS),
    "missing": ("{good} dbname=no_such", "connection failed: "),
}


async def test_why_instances_cannot_be_reached_is_in_the_log_once(
    instance: Connection, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    headers = bearer(add_caller(instance))
    (good,) = settings.instances.values()
    away = {name: uri.format(good=good) for name, (uri, _) in AWAY.items()}
    async with opened(Settings(away | dict(settings.instances), refresh_seconds=0.1)) as door:
        await until_status(503, lambda: door.post(PUSH, json=event(), headers=bearer(new_secret())))
        assert (await door.post(PUSH, json=event(), headers=headers)).status_code == 202
    # Those of the pool itself, which have all that was said in them, are switched off where doors are served.
    ours = [each.getMessage() for each in caplog.records if each.name == instances.__name__]
    assert "hush" not in "".join(ours)
    for name, (_, told) in AWAY.items():
        (line,) = [each for each in ours if each.startswith(f"Account {name} ")]
        assert line.startswith(f"Account {name} cannot be reached: {told}")


async def test_no_log_line_has_a_secret_or_an_address(
    instance: Connection, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)
    secret = add_caller(instance)
    (other,) = push(instance, event())
    async with opened(settings) as door:
        calls = [
            door.post(PUSH, json=event(), headers=bearer(secret)),
            door.post(PUSH, json=event(email="bad john@shop.example"), headers=bearer(secret)),
            door.post(PUSH, content='{"email": "john@shop.example"', headers=bearer(secret)),
            door.get("/v1/events?address=john@shop.example", headers=bearer(secret)),
            door.get(f"/v1/events/{other}", headers=bearer(secret)),
            door.get("/john@shop.example", headers=bearer(secret)),
            door.post(PUSH, json=event(), headers=bearer(new_secret())),
        ]
        for call in calls:
            await call
    records = [record.getMessage() for record in caplog.records if record.name == "message_center.intake.access"]
    lines = "\n".join(records).splitlines()
    assert len(lines) == len(calls)
    assert " POST /v1/{queue}/events 202 mcTest/shop " in lines[0]
    told = caplog.text + repr(door._transport.__dict__)
    assert "john" not in told
    assert secret not in told
    assert secret.rpartition("_")[2] not in told
