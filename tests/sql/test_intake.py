"""Pushing events: one door, one result per event, and no bad event in another's way."""

from __future__ import annotations

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from message_center.sql import statement
from message_center.templates.fields import email_is_well_formed
from support.addresses import BADLY_FORMED, WELL_FORMED
from support.events import deploy_template, event, log, push_text, route
from support.pages import text_of

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
        ({"type": "x" * 256}, "type is longer than 255 bytes"),
        ({"external_id": "é" * 128}, "external_id is longer than 255 bytes"),
        ({"mobile_phone": "漢" * 22}, "mobile_phone is longer than 64 bytes"),
        ({"email": "x" * 310 + "@shop.example"}, "email is longer than 320 bytes"),
        ({"wished_channel": 41, "registration_token": "x" * 2049}, "registration_token is longer than 2048 bytes"),
        ({"origin": "x" * 50_000_000}, "origin is longer than 255 bytes"),
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
        ({"scheduled": "9999-12-31T23:59:59-12:00"}, "scheduled is not an ISO 8601 date and time"),
        ({"scheduled": "2099-01-02", "expiration": "2099-01-01"}, "expiration is before scheduled"),
        ({"replay_of": 1.5}, "replay_of is not the id of an event"),
        ({"replay_of": "0x1F"}, "replay_of is not the id of an event"),
        ({"replay_of": True}, "replay_of must be a JSON string or number, not boolean"),
        ({"replay_of": 7}, "replay_of is not the id of an event of this instance"),
        ({"replay_of": str(1 << 56)}, "replay_of is not the id of an event of this instance"),
        ({"replay_of": (2 << 56) + 1}, "replay_of is not the id of an event of this instance"),
        ({"replay_of": (1 << 56) + 1_000_000}, "replay_of is not the id of an event of this instance"),
        ({"ctx": {"big": "x" * 1_048_576}}, "ctx is larger than 1048576 bytes"),
    ],
)
def test_a_refused_event_says_why(execution: psycopg.Connection, fields: Result, expected: str) -> None:
    assert reason(execution, **fields).startswith(expected)


@pytest.mark.parametrize("email", [address for address in BADLY_FORMED if address])
def test_a_badly_formed_email_is_refused(execution: psycopg.Connection, email: str) -> None:
    assert reason(execution, email=email) == "email is badly formed"
    assert not email_is_well_formed(email)


@pytest.mark.parametrize("email", WELL_FORMED)
def test_a_well_formed_email_is_taken(execution: psycopg.Connection, email: str) -> None:
    (result,) = push(execution, event(email=email))
    assert result["reason"] is None
    assert email_is_well_formed(email)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    address=st.from_regex(r"(?s)\A[^\x00]{1,9}(\.[^\x00]{1,4})?@.{1,9}\..{1,7}\Z") | st.text(st.sampled_from("aé1-.@ "))
)
def test_templates_have_the_same_rule(execution: psycopg.Connection, address: str) -> None:
    if "\0" in address or any("\ud800" <= c <= "\udfff" for c in address):
        return
    row = execution.execute("select message_center.email_is_well_formed(%s)", [address]).fetchone()
    assert row == (email_is_well_formed(address),)


@pytest.mark.parametrize("channel", [1, 41])
def test_no_address_that_is_taken_in_is_too_long_for_an_index(execution: psycopg.Connection, channel: int) -> None:
    deploy_template(execution, wished_channel=channel)
    random = secrets.token_urlsafe(4096)
    address = random[:64] if channel == 1 else random[:2048]
    fields = {"mobile_phone": address, "registration_token": address, "external_id": random[:255]}
    push(execution, event(wished_channel=channel, **{**fields, "mobile_phone": address[:64]}))
    route(execution)
    claimed = execution.execute(statement("execution/claim_deliveries"), claim_of(channel)).fetchall()
    assert [row[3] for row in claimed] == [address]


def claim_of(channel: int) -> dict[str, Any]:
    return {"channel": channel, "engine": "engine", "lease": "5 min", "max_events": 10}


def test_quarantine_matches_an_email_whatever_its_case_and_a_token_in_its_own(execution: psycopg.Connection) -> None:
    deploy_template(execution)
    deploy_template(execution, "push", wished_channel=41)
    execution.execute(
        "insert into message_center.quarantine (wished_channel, address) values (0, %s), (41, 'TOKEN')",
        ["Zoë.ÉLAN@Shop.Example"],
    )
    tokens = [event(type="push", wished_channel=41, registration_token=token) for token in ("TOKEN", "token")]
    push(execution, event(email="zoË.élan@shop.example"), event(email="ann@shop.example"), *tokens)
    route(execution)
    claims = [
        row[3]
        for channel in (0, 41)
        for row in execution.execute(statement("execution/claim_deliveries"), claim_of(channel)).fetchall()
    ]
    assert claims == ["ann@shop.example", "token"]
    log(execution, {"event_id": last_event(execution), "status": "Delivery failed", "failure_type": "hard",
                    "message": "NotRegistered", "quarantine": True})  # fmt: skip
    quarantined = execution.execute(
        "select address from message_center.quarantine where wished_channel = 41 order by id"
    )
    assert quarantined.fetchall() == [("TOKEN",), ("token",)]


def last_event(execution: psycopg.Connection) -> int:
    row = execution.execute("select max(id) from message_center.event").fetchone()
    assert row is not None
    return int(row[0])


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


def test_an_empty_key_is_no_key_that_all_who_have_none_would_share(execution: psycopg.Connection) -> None:
    events = [event(idempotency_key=""), event(), event(idempotency_key="", email="nobody")]
    told = execution.execute("select reason from message_center.push_events('rt', %s::json)", [json.dumps(events)])
    assert told.fetchall() == [("idempotency_key is empty",), (None,), ("email is badly formed",)]


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


@pytest.mark.parametrize("form", [int, str])
def test_a_replay_names_an_event_by_number_or_string_whether_it_is_still_there_or_not(
    execution: psycopg.Connection, form: Callable[[int], Any]
) -> None:
    (first,) = push(execution, event())
    execution.execute("delete from message_center.event")
    (again,) = push(execution, event(replay_of=form(first["id"])))
    assert again["reason"] is None
    assert execution.execute("select replay_of from message_center.event").fetchall() == [(first["id"],)]


def test_each_text_has_the_limit_that_the_page_shows(execution: psycopg.Connection) -> None:
    shown = {}
    for fields, limit in re.findall(
        r"^\| (`.+?`) \| string.*? \| ([\d,]+) \|", text_of("docs/intake.md"), re.MULTILINE
    ):
        shown.update(dict.fromkeys(re.findall(r"\w+", fields), int(limit.replace(",", ""))))
    assert execution.execute("select message_center.max_field_bytes()").fetchone() == (shown,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" + "1," * 100_000 + "1]", "the call has 100001 events, more than 100000"),
        ('[{"ctx": "' + "x" * 67_108_864 + '"}]', "the call has 67108877 bytes of events, more than 67108864"),
        ("[" * 100_000 + "]" * 100_000, "stack depth limit exceeded"),
    ],
)
def test_a_call_that_is_too_large_is_refused_as_a_whole_and_at_once(
    execution: psycopg.Connection, text: str, told: str
) -> None:
    with pytest.raises(psycopg.Error, match=told):
        push(execution, text=text)
    execution.execute("update message_center.instance set max_call_events = 1")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        push(execution, event(), event())


def with_ctx(ctx: str) -> str:
    return json.dumps(event(ctx={}))[:-3] + ctx + "}"


@pytest.mark.parametrize(
    ("ctx", "told"),
    [
        ('{"n": [' + "1e131071," * 50_000 + "1]}", "ctx is larger than 1048576 bytes"),
        ('{"n": [' + "0e-16000," * 100_000 + "1]}", "ctx is larger than 1048576 bytes"),
        ('{"n": [' + "1," * 4_000_000 + "1]}", "ctx is larger than 1048576 bytes"),
        ('{"n": [' + "1," * 2_000_000 + "1]}", "ctx is larger than 1048576 bytes"),
        ('{"n": 1e999999}', "not storable: "),
        ('{"n": ' + "[" * 5_000 + "]" * 5_000 + "}", "ctx is nested deeper than 64 levels"),
        ('{"n": 1e5000}', None),
        ('{"hash": "' + "7e99999999" * 1_000 + '"}', None),
        ('{"text": "' + r"\"1e99999 " * 1_000 + '"}', None),
    ],
)
def test_what_would_break_all_that_reads_it_is_refused_alone(
    execution: psycopg.Connection, ctx: str, told: str | None
) -> None:
    bad, good = push(execution, text=f"[{with_ctx(ctx)}, {json.dumps(event())}]")
    assert good["reason"] is None
    assert (bad["reason"] or "").startswith(told or "")
    assert (bad["reason"] is None) == (told is None)


def test_an_unregistered_database_takes_nothing_in(new_database: Callable[[str], str]) -> None:
    with (
        psycopg.connect(new_database("execution")) as connection,
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="not registered"),
    ):
        push(connection, event())
