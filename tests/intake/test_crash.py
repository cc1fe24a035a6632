"""A door that is killed under load: what it acknowledged is there once, and the rest after the callers' retry."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import psycopg

from support.door_process import DoorProcess, door_process
from support.doors import add_caller, bearer, door_login
from support.events import event
from support.ports import free_port
from support.waiting import until

Connection = psycopg.Connection[Any]
CALLERS = 8


def call(url: str, secret: str, key: str, count: int) -> list[str]:
    """Push events with a key, until they are acknowledged: one, or an array of some."""
    body: Any = event(external_id=key) if count == 1 else [event(external_id=f"{key}/{n}") for n in range(count)]
    headers = bearer(secret) | {"idempotency-key": key}
    answer = httpx.post(f"{url}/v1/rt/events", json=body, headers=headers, timeout=10)
    assert answer.status_code in (200, 202), answer.text
    told = answer.json()
    return [told["id"]] if count == 1 else [result["id"] for result in told["results"]]


def send(door: DoorProcess, secret: str, name: int, is_over: Event) -> tuple[dict[str, list[str]], list[str]]:
    """Push until the door dies; return what was acknowledged, and the keys of what was not."""
    acknowledged: dict[str, list[str]] = {}
    number = 0
    while not is_over.is_set():
        key = f"{name}-{number}"
        try:
            acknowledged[key] = call(door.url, secret, key, 1 if name % 2 else 5)
        except httpx.TransportError:
            return acknowledged, [key]
        number += 1
    return acknowledged, []


def test_a_killed_door_loses_nothing_and_doubles_nothing(execution: Connection) -> None:
    port, is_over = free_port(), Event()
    secret = add_caller(execution)
    with door_login(execution) as login, ThreadPoolExecutor(CALLERS) as pool:
        with door_process({"mcTest": login}, port) as door:
            senders = [pool.submit(send, door, secret, name, is_over) for name in range(CALLERS)]
            count = "select count(*) > 200 from message_center.event"
            until("there is load", lambda: execution.execute(count).fetchone() == (True,), 60)
            door.process.kill()
            is_over.set()
            sent = [sender.result() for sender in senders]
        acknowledged = {key: ids for done, _ in sent for key, ids in done.items()}
        unknown = [key for _, keys in sent for key in keys]
        assert unknown, "calls were under way"
        with door_process({"mcTest": login}, port) as door:
            for key in unknown:
                acknowledged[key] = call(door.url, secret, key, 1 if int(key.partition("-")[0]) % 2 else 5)
    rows = execution.execute("select external_id, array_agg(id::text) from message_center.event group by 1").fetchall()
    stored = {external_id: ids for external_id, ids in rows}
    expected = {
        (key if len(ids) == 1 else f"{key}/{n}"): [id_]
        for key, ids in acknowledged.items()
        for n, id_ in enumerate(ids)
    }
    assert stored == json.loads(json.dumps(expected))
