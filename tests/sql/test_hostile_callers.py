"""A caller with one role, and a session made to mislead what it calls, gets what any other caller gets."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.sql import SQL_FOLDER
from support.events import claim, deploy_template, event, log, push, push_text, route
from support.roles import login, roles_of

Connection = psycopg.Connection[Any]

TYPES = ["bigint", "integer", "smallint", "numeric", "text", "varchar", "jsonb", "timestamptz", "interval", "xid8"]
OPERATORS = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "||", "->", "->>", "#>>", "?", "~", "!~", "<<", "&"]
SETTINGS = {
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Pacific/Chatham",
    "extra_float_digits": "-15",
    "row_security": "off",
    "session_replication_role": "replica",
    "check_function_bodies": "off",
    "default_transaction_isolation": "repeatable read",
    "plan_cache_mode": "force_custom_plan",
    "enable_indexscan": "off",
    "message_center.is_itself": "nonsense",
    "message_center.owner": "nonsense",
    "message_center.this_window": "nonsense",
    "message_center.looked_for_the_dead": "9999-01-01 00:00:00+00",
    "message_center.cursor_channel_0_0": "nonsense",
    "message_center.skipped_channel_0_0": "{nonsense}",
    "search_path": "hostile, public, pg_temp, pg_catalog",
}


def make_hostile(database: Connection, schema: str) -> None:
    """Fill a schema with look-alikes of what we call: of the same types, and of those that would fit better."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (SQL_FOLDER / "execution" / "schema").rglob("*.sql"))
    called = sorted(set(re.findall(r"(?<![.\w])[a-z_]+(?=\()", text)))
    statement = """
        select distinct proname::text, pg_get_function_identity_arguments(oid)
        from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and proname = any (%s) and prokind = 'f'
            and not proargtypes::oid[] && array['"any"'::regtype, 'internal'::regtype, 'cstring'::regtype]::oid[]
    """
    boom = "create function {}.{}({}) returns boolean language plpgsql as $$ begin raise 'hostile'; end $$"
    for name, arguments in database.execute(statement, [called]).fetchall():
        names = sql.Identifier(schema), sql.Identifier(name)
        types = re.sub(r"\b(VARIADIC|OUT|INOUT) ", "", arguments)
        database.execute(sql.SQL(boom).format(*names, sql.SQL(types)))
    for left, right in itertools.product(TYPES, TYPES):
        database.execute(
            f"create function {schema}.boom({left}, {right}) returns boolean language plpgsql as"
            " $$ begin raise 'hostile'; end $$"
        )
        database.execute(
            ";".join(
                f"create operator {schema}.{name} (leftarg = {left}, rightarg = {right}, function = {schema}.boom)"
                for name in OPERATORS
            )
        )


@contextmanager
def hostile(database: Connection, kind: str) -> Iterator[Connection]:
    """A session of a login with one role, in which nothing is what its name says."""
    with login(database, kind) as caller:
        name = sql.Identifier(caller.info.user)
        database.execute(sql.SQL("grant set on parameter session_replication_role to {}").format(name))
        database.execute(sql.SQL("grant usage on schema hostile, public to {}").format(name))
        for table in ("instance", "event", "delivery_log", "pg_class", "pg_locks", "pg_proc", "pg_database"):
            caller.execute(f"create temp table {table} (oid integer)")
        caller.execute("create function pg_temp.lower(text) returns text language sql return null::text")
        for setting, value in SETTINGS.items():
            text = sql.SQL(value) if setting == "search_path" else sql.Literal(value)
            caller.execute(sql.SQL("set {} to {}").format(sql.SQL(setting), text))
        yield caller


@pytest.fixture
def instance(execution: Connection) -> Iterator[Connection]:
    """An instance with roles, in whose public schema anybody may have put anything."""
    deploy_template(execution)
    execution.execute("create schema hostile")
    for schema in ("hostile", "public"):
        make_hostile(execution, schema)
    execution.execute("set search_path = pg_catalog")
    with roles_of(execution):
        yield execution


def test_pushing(instance: Connection) -> None:
    batch = [
        event(idempotency_key="k", scheduled="2026-03-01T12:00:00", expiration="2999-03-01"),
        event(idempotency_key="k", ctx={"other": 1}),
        event(email="é@localhost"),
        event(email="zoë@bücher.example", ctx={"n": 1.10}),
        event(ctx={"text": "x" * 5000, "n": 0}, replay_of="1"),
        "no event",
    ]
    with hostile(instance, "pusher") as eve:
        told = [(each["id"] is not None, each["reason"]) for each in push_text(eve, json.dumps(batch))]
    assert told == [
        (True, None),
        (False, 'idempotency_key "k" was used for another event'),
        (False, "email is badly formed"),
        (True, None),
        (False, "replay_of is not the id of an event of this instance"),
        (False, "an event is a JSON object, not string"),
    ]
    kept = instance.execute(
        "select scheduled = '2026-03-01 12:00+00', modified_xid is not null, ctx from message_center.event order by id"
    ).fetchall()
    assert kept == [(True, True, {"order": 1242}), (None, True, {"n": 1.1})]


def test_delivering(instance: Connection) -> None:
    sent, bounced, left = push(instance, event(), event(email="Gone@shop.example"), event())
    route(instance)
    with hostile(instance, "engine") as eve:
        assert claim(eve, max_events=2) == [sent, bounced]
        (owner,) = eve.execute("select message_center.hold_claims()").fetchone() or (None,)
        assert claim(eve) == [left]
        eve.execute("select message_center.renew_claims('5 min')")
        assert eve.execute("select count(*) from message_center.held_claims('5 min')").fetchone() == (1,)
        failed = {"status": "Delivery failed", "failure_type": "hard", "message": "550 5.1.1"}
        outcomes = [{"event_id": sent, "status": "Sent"}, {"event_id": bounced, **failed}, {"event_id": 1, **failed}]
        assert [reason for _, reason in log(eve, *outcomes)] == ["the event was not claimed"]
        assert [reason for _, reason in log(eve, {"event_id": sent, "status": "Pending delivery"})] == [
            'the event is already "Sent"'
        ]
        (waits,) = eve.execute("select message_center.begin_waiting('deliveryExecution')").fetchone() or (False,)
        assert waits
        eve.execute("select message_center.record_heartbeat('deliveryExecution', 'start', '2026-03-01')")
    logs = instance.execute("select address, status::text, owner from message_center.delivery_log order by id")
    assert logs.fetchall() == [
        ("john@shop.example", "Sent", None),
        ("Gone@shop.example", "Delivery failed", None),
        ("john@shop.example", "Pending delivery", owner),
    ]
    assert instance.execute("select address from message_center.quarantine").fetchall() == [("gone@shop.example",)]


def test_operating(instance: Connection) -> None:
    push(instance, event(), event(email="Gone@shop.example"))
    with hostile(instance, "operator") as eve:
        eve.execute("select message_center.stop_event_type('order_confirmation', 'wrong')")
        eve.execute("select message_center.resume_event_type('order_confirmation')")
        eve.execute("select message_center.quarantine_address(0, 'Loud@shop.example', 'asked')")
        eve.execute("select message_center.release_address(0, 'LOUD@shop.example')")
        erased = eve.execute("select what, erased from message_center.erase_person('gone@SHOP.example')").fetchall()
    assert dict(erased)["events"] == 1
    assert instance.execute("select email from message_center.event order by id").fetchall() == [
        ("john@shop.example",),
        ("erased",),
    ]
    assert instance.execute("select from message_center.quarantine").fetchall() == []
