"""Keys that end while somebody is inside, and secrets that open more than one door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest

from message_center.intake.keys import digest_of, id_of
from message_center.intake.settings import Settings
from message_center.sql import statement
from support.doors import add_caller, add_key, bearer, door_login, opened, until_status
from support.events import event, push

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"
LINE = f"{json.dumps(event())}\n".encode()
FEW = 0.1
LOG_ON = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Logon xmlns="urn:xtk:session">'
    "<l>shop</l><p>{}</p><x/></Logon></e:Body></e:Envelope>"
)


async def log_on(door: httpx.AsyncClient, secret: str) -> str:
    """Return the secret of a session."""
    answer = await door.post(
        "/nl/jsp/soaprouter.jsp", content=LOG_ON.format(secret), headers={"content-type": "text/xml"}
    )
    return answer.text.partition("<pstrSessionToken xsi:type='xsd:string'>")[2].partition("<")[0]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("delete from message_center.caller_key", '"problem":{"title":"Unknown caller"'),
        ("update message_center.caller_key set expires_at = now()", '"problem":{"title":"Unknown caller"'),
        ("update message_center.caller set may = '{read}'", '"problem":{"title":"Not allowed"'),
        ("update message_center.caller set queues = '{batch}'", '"problem":{"title":"Not allowed"'),
        (
            "update message_center.caller set event_types = '{x}'",
            '"reason":"this caller may not push events of this type"',
        ),
    ],
    ids=["removed", "expired", "scope", "queue", "type"],
)
async def test_a_stream_ends_with_what_lets_it_in(
    instance: Connection, settings: Settings, end: str, told: str
) -> None:
    headers = {**bearer(add_caller(instance)), "content-type": "application/x-ndjson"}

    async def lines() -> AsyncIterator[bytes]:
        yield LINE * 1000
        while instance.execute("select from message_center.event limit 1").rowcount == 0:  # noqa: ASYNC110 - a database
            await asyncio.sleep(FEW)
        instance.execute(end.encode())
        await asyncio.sleep(5 * FEW)
        yield LINE * 1000

    async with opened(Settings(settings.instances, refresh_seconds=FEW)) as door:
        answer = await door.post(PUSH, content=lines(), headers=headers)
    assert told in answer.text.splitlines()[-1]
    assert instance.execute("select count(*) from message_center.event").fetchone() == (1000,)


async def test_a_session_lasts_no_longer_than_the_key_that_opened_it(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    old = add_caller(instance)
    add_key(instance, "shop", overlap=60)
    assert await log_on(door, old)
    ends = "select max(expires_at) < now() + interval '61 s' from message_center.caller_key where is_session"
    assert instance.execute(ends).fetchone() == (True,)


async def test_a_session_that_was_ended_is_not_given_again(instance: Connection, settings: Settings) -> None:
    """As when a caller is removed, and added again with the secret that it had."""
    secret = add_caller(instance)
    async with opened(Settings(settings.instances, refresh_seconds=FEW)) as door:
        first = await log_on(door, secret)
        assert await log_on(door, secret) == first
        instance.execute("delete from message_center.caller_key where is_session")
        await until_status(401, lambda: door.post(PUSH, json=event(), headers=bearer(first)))
        second = await log_on(door, secret)
        assert second != first
        assert (await door.post(PUSH, json=event(), headers=bearer(second))).status_code == 202


async def test_a_secret_of_two_instances_opens_neither(
    instance: Connection, settings: Settings, new_database: Callable[[str], str]
) -> None:
    """It does not say which is meant; a key of the same id, which others can see, keeps nobody out."""
    secret, mine = add_caller(instance), add_caller(instance, "bank")
    with psycopg.connect(new_database("execution"), autocommit=True) as other, door_login(other) as uri:
        other.execute("select message_center.register_instance('mcOther', 2::smallint)")
        add_caller(other)
        for key, digest in ((secret, digest_of(secret)), (mine, digest_of("another"))):
            other.execute(statement("door/add_caller_key"), ["shop", id_of(key), digest, 60.0])
        for instances in ({"mcOther": uri, **settings.instances}, {**settings.instances, "mcOther": uri}):
            async with opened(Settings(instances)) as door:
                refused = await door.post(PUSH, json=event(), headers=bearer(secret))
                assert (refused.status_code, refused.json()["title"]) == (403, "Several instances know this secret")
                assert (await door.post(PUSH, json=event(), headers=bearer(mine))).status_code == 202
        assert other.execute("select count(*) from message_center.event").fetchone() == (0,)
    assert instance.execute("select distinct caller from message_center.event").fetchall() == [("bank",)]


async def test_a_replay_of_anothers_event_is_taken_like_one_of_none(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    """What was purged may be named, too: so the answer says nothing of what there is."""
    headers = bearer(add_caller(instance))
    theirs, gone = push(instance, event(), event())
    instance.execute("delete from message_center.event where id = %s", [gone])
    shown = []
    for replayed in (theirs, gone):
        answer = await door.post(PUSH, json=event(replay_of=str(replayed)), headers=headers)
        assert answer.status_code == 202
        found = (await door.get(answer.json()["href"], headers=headers)).json()
        shown.append({name: found[name] for name in ("status", "email", "ctx", "deliveries", "tracking")})
    assert shown[0] == shown[1]


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "-a", "é", "a'b", "a\0b", "x" * 65, "_door", "../a"])
def test_a_name_that_could_be_taken_for_something_else_is_none(instance: Connection, name: str) -> None:
    with pytest.raises(psycopg.Error):
        add_caller(instance, name)
