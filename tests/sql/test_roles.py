"""Each role may do what it is for, and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from support.events import claim, deploy_template, event, log, push, push_text, route, status
from support.roles import KINDS, is_refused, login, names, roles_of

Connection = psycopg.Connection[Any]
ADDRESS = "john@shop.example"

_MEANT = "gen_random_uuid(), 'ann', 'wrong price', '{\"type\": \"x\"}'"

CALLS = {
    "push_events": "('rt', '[]')",
    "push_events_of": "('shop', 'rt', '[]')",
    "push_keyed_call": "('shop', 'rt', '[]', 'k')",
    "caller_keys": "()",
    "open_session": "('none', 'abcdefgh', sha256('s3cret'), '1 day')",
    "event_of": "('shop', 1)",
    "events_by_external_id": "('shop', 'order-1', 1)",
    "events_by_address": "('shop', 'a@b.example', 1)",
    "pending_events": "('rt', 1)",
    "act_on_event_of": "('shop', 'cancel', gen_random_uuid(), 1, null)",
    "set_caller": "('shop', '{push}', null, null, null)",
    "add_caller_key": "('shop', 'abcdefgh', sha256('s3cret'), '1 day')",
    "remove_caller": "('shop')",
    "claim_deliveries": "(0::smallint, 'e', '1 min', 1)",
    "log_deliveries": "('e', '[]')",
    "hold_claims": "()",
    "renew_claims": "('1 min')",
    "held_claims": "('1 min')",
    "let_go_claims": "('{1}')",
    "begin_waiting": "('deliveryExecution')",
    "end_waiting": "('deliveryExecution')",
    "stopped_event_types": "()",
    "record_heartbeat": "('deliveryExecution', 'start', now())",
    "begin_window": "('deliveryExecution', now())",
    "note_counts": "('{}')",
    "stop_event_type": "('invoice_ready', 'wrong')",
    "resume_event_type": "('invoice_ready')",
    "quarantine_address": "(0, 'a@b.example', 'asked for it')",
    "release_address": "(0, 'a@b.example')",
    "erase_person": "('gone@b.example')",
    "count_events": '(\'{"type": "x"}\')',
    "find_events": "('{}', null, 1)",
    "present_events": "('{1}')",
    "replay_events": f"({_MEANT})",
    "replay_archived_events": f"({_MEANT}, '[]', 0)",
    "cancel_events": f"({_MEANT})",
    "reschedule_events": f"({_MEANT}, now())",
    "quarantine_addresses": "(gen_random_uuid(), 'ann', 'asked', 0, '{a@b.example}')",
    "release_addresses": "(gen_random_uuid(), 'ann', 'asked', 0, '{a@b.example}')",
    "resume_webhook": "(gen_random_uuid(), 'ann', 'mended', 'erp')",
    "replay_webhook": "(gen_random_uuid(), 'ann', 'lost', 'erp', now())",
    "refused_events": "(gen_random_uuid())",
    "indicators": "()",
    "curve": "(now(), now(), '1 hour')",
}
MAY_CALL: dict[str, set[str]] = {
    "pusher": {"push_events"},
    "door": {
        "push_events_of",
        "push_keyed_call",
        "caller_keys",
        "open_session",
        "event_of",
        "events_by_external_id",
        "events_by_address",
        "pending_events",
        "act_on_event_of",
    },
    "engine": {
        "claim_deliveries",
        "log_deliveries",
        "hold_claims",
        "renew_claims",
        "held_claims",
        "let_go_claims",
        "begin_waiting",
        "end_waiting",
        "stopped_event_types",
        "record_heartbeat",
        "begin_window",
        "note_counts",
    },
    "operator": {
        "push_events",
        "set_caller",
        "add_caller_key",
        "remove_caller",
        "stop_event_type",
        "resume_event_type",
        "quarantine_address",
        "release_address",
        "erase_person",
        "count_events",
        "find_events",
        "present_events",
        "replay_events",
        "replay_archived_events",
        "cancel_events",
        "reschedule_events",
        "quarantine_addresses",
        "release_addresses",
        "resume_webhook",
        "replay_webhook",
        "refused_events",
        "indicators",
        "curve",
    },
    "reader": {"indicators", "curve", "count_events", "find_events", "present_events", "refused_events"},
}
LOOKED_AT = {
    "caller",
    "instance",
    "event",
    "event_type",
    "message_template",
    "enrichment_request",
    "delivery",
    "delivery_log",
    "delivery_log_message",
    "quarantine",
    "tracking_url",
    "tracking_log",
    "workflow_heartbeat",
    "operator_act",
    "operator_act_event",
    "statistic",
    "webhook",
    "webhook_message",
    "imported_file",
}
MAY_READ: dict[str, set[str]] = {
    "pusher": set(),
    "door": set(),
    "engine": {"message_template"},
    "operator": LOOKED_AT,
    "reader": LOOKED_AT,
}


@pytest.fixture
def instance(execution: Connection) -> Iterator[Connection]:
    """An instance with roles, as its owner sees it."""
    deploy_template(execution)
    execution.execute("select message_center.set_webhooks(%s)", ['[{"name": "erp", "origin": "https://erp.example"}]'])
    with roles_of(execution):
        yield execution


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_may_call_its_functions_and_no_other(instance: Connection, kind: str) -> None:
    ours = "from pg_proc where pronamespace = 'message_center'::regnamespace"
    with login(instance, kind) as user:
        called = {name for name, given in CALLS.items() if not is_refused(user, f"select message_center.{name}{given}")}
        allowed = names(user, f"select proname::text {ours} and has_function_privilege(oid, 'execute')")
    assert called == allowed == MAY_CALL[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_may_read_its_tables_and_write_none(instance: Connection, kind: str) -> None:
    ours = "from pg_class where relnamespace = 'message_center'::regnamespace"
    tables = names(instance, f"select relname::text {ours} and relkind in ('r', 'p', 'v')")
    with login(instance, kind) as user:
        read = {table for table in tables if not is_refused(user, f"select from message_center.{table}")}
        for table in tables:
            assert is_refused(user, f"delete from message_center.{table}")
            assert is_refused(user, f"insert into message_center.{table} default values")
            assert is_refused(user, f"truncate message_center.{table}")
        for sequence in names(instance, f"select relname::text {ours} and relkind = 'S'"):
            assert is_refused(user, f"select nextval('message_center.{sequence}')")
        assert is_refused(user, "create table message_center.mine (n integer)")
        assert is_refused(user, "create function message_center.mine() returns int language sql return 1")
        assert is_refused(user, "alter function message_center.push_events security invoker")
        assert is_refused(user, "set session_replication_role = replica")
    assert read == MAY_READ[kind]


def test_those_who_have_no_role_may_do_nothing(instance: Connection) -> None:
    with login(instance) as user:
        for name, given in CALLS.items():
            assert is_refused(user, f"select message_center.{name}{given}")
        assert is_refused(user, "select from message_center.event")


def test_each_does_its_part(instance: Connection) -> None:
    with login(instance, "pusher") as shop:
        sent, bounced = push(shop, event(), event(email="gone@shop.example"))
    route(instance)
    with login(instance, "engine") as engine:
        assert claim(engine) == [sent, bounced]
        failed = {"status": "Delivery failed", "failure_type": "hard", "message": "550 5.1.1"}
        assert not log(engine, {"event_id": sent, "status": "Sent"}, {"event_id": bounced, **failed})
    with login(instance, "operator") as operator:
        released = operator.execute("select message_center.release_address(0, 'GONE@shop.example')").fetchone()
        assert released == (True,)
        (again,) = push(operator, event(email="gone@shop.example", replay_of=str(bounced)))
        operator.execute("select message_center.quarantine_address(0, 'Loud@shop.example', 'asked by phone')")
    with login(instance, "reader") as reader:
        replayed = reader.execute("select replay_of from message_center.event where id = %s", [again]).fetchone()
        assert replayed == (bounced,)
        held = "select q.address, m.message from message_center.quarantine as q"
        joined = f"{held} join message_center.delivery_log_message as m on m.id = q.message_id"
        assert reader.execute(joined).fetchall() == [("loud@shop.example", "asked by phone")]


def test_a_pusher_sees_nothing_of_other_events(instance: Connection) -> None:
    """What a refusal says is of the event that was pushed, and of no other."""
    (id_,) = push(instance, event(email=ADDRESS, idempotency_key="k", ctx={"secret": "s3cret"}))
    bad: list[dict[str, Any]] = [
        event(email="eve@shop.example", idempotency_key="k"),
        event(email="eve@shop.example", replay_of=str(id_)),
        event(email="eve@shop.example", replay_of=1),
        event(email="eve@shop.example", id=id_),
        event(email="eve@shop.example", ctx={"a": "x" * 2_000_000}),
    ]
    with login(instance, "pusher") as shop:
        answers = str(push_text(shop, json.dumps(bad)))
        no_queue = f"(null, '{json.dumps(event(email='eve@shop.example'))}')"
        for call in ("('rt', 'no json')", no_queue, "('rt', repeat('[', 100000)::json)"):
            with pytest.raises(psycopg.Error) as raised:
                shop.execute(f"select * from message_center.push_events{call}")
            answers += str(raised.value) + str(raised.value.diag.message_detail)
    assert ADDRESS not in answers
    assert "s3cret" not in answers
    assert status(instance, id_) == ("Pending", None)


def test_an_engine_takes_back_what_a_dead_one_had_claimed(instance: Connection) -> None:
    (id_,) = push(instance, event())
    route(instance)
    with login(instance, "engine") as dead:
        dead.execute("select message_center.hold_claims()")
        assert claim(dead, lease="5 min") == [id_]
    with login(instance, "engine") as engine:
        deadline = time.monotonic() + 20
        while not (taken := claim(engine, "other")) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert taken == [id_], "not by its lease, which is longer"


def test_an_engine_changes_only_what_it_has_claimed(instance: Connection) -> None:
    (id_,) = push(instance, event())
    route(instance)
    before = instance.execute("select to_jsonb(e) from message_center.event as e").fetchone()
    with login(instance, "engine") as engine:
        ((_, reason),) = log(engine, {"event_id": id_, "status": "Sent"})
        assert reason == "the event was not claimed"
        claim(engine)
        assert not log(engine, {"event_id": id_, "status": "Sent"})
    assert instance.execute("select to_jsonb(e) from message_center.event as e").fetchone() == before


def test_a_reader_of_the_archive_reads_and_an_operator_erases(control: Connection) -> None:
    control.execute(
        "insert into archive.event (id, account, email, wished_channel, archived_at) values (1, 'a', %s, 0, now())",
        [ADDRESS],
    )
    with roles_of(control):
        with login(control, "reader") as reader:
            assert reader.execute("select email from archive.event").fetchall() == [(ADDRESS,)]
            assert is_refused(reader, "select archive.erase_person('john@shop.example')")
            assert is_refused(reader, "delete from archive.event")
        with login(control, "operator") as operator:
            assert is_refused(operator, "update archive.event set email = null")
            operator.execute("select archive.erase_person(%s)", [ADDRESS])
    assert control.execute("select email from archive.event").fetchall() == [("erased",)]
