"""Pushing events: one door, one result per event, and no bad event in another's way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from support.events import event, push_text

if TYPE_CHECKING:
    from collections.abc import Callable

Result = dict[str, Any]
connect = partial(psycopg.connect, autocommit=True)


def push(connection: psycopg.Connection, *events: Any, queue: str = "rt", text: str | None = None) -> list[Result]:
    return push_text(connection, text or json.dumps(events), queue)


def reason(connection: psycopg.Connection, **fields: Any) -> str:
    (result,) = push(connection, event(**fields))
    assert result["id"] is None
    return str(result["reason"])


def test_each_event_gets_an_id_that_names_its_instance(execution: psycopg.Connection) -> None:
    first, second = push(execution, event(), event())
    assert (first["position"], second["position"]) == (1, 2)
    assert first["id"] >> 56 == 1
    assert second["id"] == first["id"] + 1
    statuses = execution.execute("select status, error_count from message_center.event").fetchall()
    assert statuses == [("Pending", 0)] * 2


def test_a_single_event_need_not_stand_in_an_array(execution: psycopg.Connection) -> None:
    (result,) = push(execution, text=json.dumps(event()))
    assert result["reason"] is None


def test_no_events_are_no_error(execution: psycopg.Connection) -> None:
    assert push(execution) == []


def test_one_bad_event_does_not_refuse_the_others(execution: psycopg.Connection) -> None:
    results = push(execution, event(), event(email="john@"), 42, event(ctx={"name": "a\u0000b"}), event())
    assert [result["reason"] is None for result in results] == [True, False, False, False, True]
    assert results[1]["reason"] == "email is badly formed"
    assert results[2]["reason"] == "an event is a JSON object, not number"
    assert "not storable" in results[3]["reason"]
    assert execution.execute("select count(*) from message_center.event").fetchone() == (2,)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": None}, "type is missing"),
        ({"type": ""}, "type is missing"),
        ({"type": 7}, "type must be a JSON string, not number"),
        ({"type": "x" * 256}, "type is longer than 255 characters"),
        ({"email": None}, "email is missing, the address of wished_channel 0"),
        ({"wished_channel": 1}, "mobile_phone is missing, the address of wished_channel 1"),
        ({"wished_channel": 41}, "registration_token is missing, the address of wished_channel 41"),
        ({"wished_channel": 2}, "wished_channel 2 is none of"),
        ({"wished_channel": "0"}, "wished_channel must be a JSON number, not string"),
        ({"email_format": 9}, "email_format is none of"),
        ({"emial": "john@shop.example"}, 'unknown field "emial"'),
        ({"ctx": None}, "ctx is missing"),
        ({"ctx": "<xml/>"}, "ctx must be a JSON object, not string"),
        ({"scheduled": "soon"}, "scheduled is not an ISO 8601 date and time"),
        ({"scheduled": "2026-02-30T10:00:00Z"}, "scheduled is not an ISO 8601 date and time"),
        ({"expiration": "infinity"}, "expiration is not an ISO 8601 date and time"),
        ({"expiration": 1767225600}, "expiration must be a JSON string, not number"),
        ({"replay_of": 1.5}, "replay_of is not the id of an event"),
        ({"ctx": {"big": "x" * 1_048_576}}, "ctx is larger than 1048576 bytes"),
    ],
)
def test_a_refused_event_says_why(execution: psycopg.Connection, fields: Result, expected: str) -> None:
    assert reason(execution, **fields).startswith(expected)


@pytest.mark.parametrize(
    "email",
    ["john", "john@shop", "@shop.example", "a@b@c.example", "john@shop..example", "jo hn@shop.example",
     ".john@shop.example", "john@-shop.example", "john@shop.example\n", "x" * 65 + "@shop.example",
     "john@" + "x" * 64 + ".example", "john@shop-.example", "jöhn@shop.example", "john@shop.example."],
)  # fmt: skip
def test_a_badly_formed_email_is_refused(execution: psycopg.Connection, email: str) -> None:
    assert reason(execution, email=email) == "email is badly formed"


@pytest.mark.parametrize(
    "email",
    [
        "o'brien+news@mail.shop-24.example",
        "x" * 64 + "@" + "x" * 63 + ".example",
        "J.R.R@xn--caf-dma.example",
        "1@2.de",
    ],
)
def test_a_well_formed_email_is_taken(execution: psycopg.Connection, email: str) -> None:
    (result,) = push(execution, event(email=email))
    assert result["reason"] is None


def test_a_megabyte_of_ctx_is_taken(execution: psycopg.Connection) -> None:
    (result,) = push(execution, event(ctx={"text": "é" * 500_000}))
    assert result["reason"] is None


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(("levels", "taken"), [(64, True), (65, False), (3000, False)])
def test_deep_nesting_has_a_limit(execution: psycopg.Connection, levels: int, taken: bool) -> None:
    deep = json.dumps(event())[:-1].replace('{"order": 1242}', nested(levels)) + "}"
    first, second = push(execution, text=f"[{deep}, {json.dumps(event())}]")
    assert (first["reason"] is None) == taken
    assert second["reason"] is None


def test_the_same_key_and_content_is_the_same_event(execution: psycopg.Connection) -> None:
    (first,) = push(execution, event(idempotency_key="order-1242"))
    again, other, twin = push(
        execution,
        event(idempotency_key="order-1242"),
        event(idempotency_key="order-1242", ctx={"order": 9}),
        event(idempotency_key="order-1242"),
    )
    assert again["id"] == twin["id"] == first["id"]
    assert other["reason"] == 'idempotency_key "order-1242" was used for another event'
    assert execution.execute("select count(*) from message_center.event").fetchone() == (1,)


def test_twins_in_one_call_are_one_event(execution: psycopg.Connection) -> None:
    first, second = push(execution, event(idempotency_key="k"), event(idempotency_key="k"))
    assert first["id"] == second["id"]
    assert execution.execute("select count(*) from message_center.event").fetchone() == (1,)


def test_a_key_counts_across_both_queues(execution: psycopg.Connection) -> None:
    push(execution, event(idempotency_key="k"), queue="rt")
    (result,) = push(execution, event(idempotency_key="k"), queue="batch")
    assert "was used for another event" in result["reason"]


def test_a_key_whose_event_is_purged_meanwhile_is_taken_again(execution_uri: str) -> None:
    with connect(execution_uri) as sender, connect(execution_uri) as purge, ThreadPoolExecutor(1) as thread:
        # Whoever has inserted keys waits until the purge has come to its end.
        purge.execute("""
            create function wait() returns trigger language plpgsql as
                'begin perform pg_advisory_xact_lock_shared(8); return null; end';
            create trigger wait after insert on message_center.idempotency_key execute function wait();
        """)
        (first,) = push(sender, event(idempotency_key="k"))
        purge.execute("select pg_advisory_lock(8)")
        pushing = thread.submit(push, sender, event(idempotency_key="k"))
        while not purge.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone():
            assert not pushing.done()
        purge.execute("delete from message_center.event; delete from message_center.idempotency_key")
        purge.execute("select pg_advisory_unlock(8)")
        (second,) = pushing.result()
        (third,) = push(sender, event(idempotency_key="k"))
    assert second["id"] == third["id"] != first["id"]


def test_an_unregistered_database_takes_nothing_in(new_database: Callable[[str], str]) -> None:
    with (
        psycopg.connect(new_database("execution")) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="not registered"),
    ):
        push(connection, event())
