"""What a caller does with its own events: replay, cancel, reschedule."""

from __future__ import annotations

import json
from typing import Any

import httpx
import psycopg
import pytest

from support.doors import add_caller, bearer
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"


async def pushed(door: httpx.AsyncClient, headers: dict[str, str], **fields: Any) -> str:
    return str((await door.post(PUSH, json=event(**fields), headers=headers)).json()["href"])


def id_of(href: str) -> int:
    return int(href.rpartition("/")[2])


async def test_an_event_at_its_end_is_replayed_once_a_key(instance: Connection, door: httpx.AsyncClient) -> None:
    deploy_template(instance)
    headers = bearer(add_caller(instance))
    href = await pushed(door, headers)
    early = await door.post(f"{href}/replay", headers=headers)
    assert early.status_code == 409
    assert "still" in early.json()["detail"]
    route(instance)
    claim(instance)
    log(instance, {"event_id": id_of(href), "status": "Sent"})
    update_event_statuses(instance)

    keyed = {**headers, "idempotency-key": "again"}
    first = await door.post(f"{href}/replay", headers=keyed)
    assert first.status_code == 202
    assert (await door.post(f"{href}/replay", headers=keyed)).json() == first.json()
    replayed = (await door.get(first.json()["href"], headers=headers)).json()
    assert (replayed["replay_of"], replayed["ctx"]) == (href.rpartition("/")[2], {"order": 1242})
    act = "select requested_by from message_center.operator_act where done = 1"
    assert instance.execute(act).fetchall() == [("caller shop",)]
    other = await pushed(door, headers)
    assert (await door.post(f"{other}/replay", headers=keyed)).status_code == 422, "the key is another act's"


async def test_a_pending_event_is_cancelled(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance))
    href = await pushed(door, headers, scheduled="2037-01-01T00:00:00Z")
    assert (await door.post(f"{href}/cancel", headers=headers)).status_code == 200
    told, reason = status(instance, id_of(href))
    assert told == "Event not taken into account"
    assert str(reason).startswith("cancelled by caller shop")
    again = await door.post(f"{href}/cancel", headers=headers)
    assert again.status_code == 409
    assert again.json()["remedy"]


async def test_a_pending_event_is_moved(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance))
    href = await pushed(door, headers, scheduled="2037-01-01T00:00:00Z")
    moved = await door.post(f"{href}/reschedule", json={"scheduled": "2036-01-01T00:00:00Z"}, headers=headers)
    assert moved.status_code == 200
    assert (await door.get(href, headers=headers)).json()["scheduled"].startswith("2036")
    assert (await door.post(f"{href}/reschedule", json={"scheduled": None}, headers=headers)).status_code == 200
    query = "select process_requested_on from message_center.event"
    assert instance.execute(query).fetchall() == [(None,)]
    bad = (("", 400), ("\0", 400), ("\ud800", 400), (["x"], 400), (7, 422), ("tomorrow", 422), ("0000-01-01", 422))
    for when, status_code in bad:
        answer = await door.post(f"{href}/reschedule", content=json.dumps({"scheduled": when}), headers=headers)
        assert answer.status_code == status_code
        assert answer.json()["remedy"]
    misspelt: list[Any] = [[], {}, {"schedule": "2038-01-01T00:00:00Z"}, {"scheduled": None, "now": True}]
    for sent in misspelt:
        answer = await door.post(f"{href}/reschedule", json=sent, headers=headers)
        assert (answer.status_code, "scheduled" in answer.json()["remedy"]) == (400, True), sent
    assert "scheduled" in (await door.post(f"{href}/reschedule", headers=headers)).json()["remedy"]


@pytest.mark.parametrize("act", ["replay", "cancel", "reschedule"])
async def test_what_the_instance_refuses_is_told_with_its_reason(
    instance: Connection, door: httpx.AsyncClient, act: str
) -> None:
    """By a trigger of somebody's own, which nothing of ours knows."""
    headers = bearer(add_caller(instance))
    href = await pushed(door, headers, scheduled="2037-01-01T00:00:00Z")
    if act == "replay":
        await door.post(f"{href}/cancel", headers=headers)
    instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        "create trigger refuse before insert or update on message_center.event for each row"
        " execute function public.refuse()"
    )
    answer = await door.post(f"{href}/{act}", json={"scheduled": None}, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (422, "not this one")


@pytest.mark.parametrize("act", ["replay", "cancel", "reschedule"])
async def test_nobody_acts_on_what_is_anothers(instance: Connection, door: httpx.AsyncClient, act: str) -> None:
    shop, bank = (bearer(add_caller(instance, name)) for name in ("shop", "bank"))
    href = await pushed(door, shop)
    (by_sql,) = push(instance, event())
    for place in (href, f"/v1/events/{by_sql}", "/v1/events/1", "/v1/events/9999999999999999999"):
        assert (await door.post(f"{place}/{act}", json={"scheduled": None}, headers=bank)).status_code == 404
    reader = bearer(add_caller(instance, "shop", may=("push", "read")))
    assert (await door.post(f"{href}/{act}", json={"scheduled": None}, headers=reader)).status_code == 403
    assert status(instance, id_of(href)) == ("Pending", None)
