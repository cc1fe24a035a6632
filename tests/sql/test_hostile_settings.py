"""The whole path, from initialisation to the archive, however others have set their server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.accounts.account import Account, AccountError
from message_center.archive.tasks import begin_run
from message_center.instances.connection_hooks import ExecutionConnectionHook
from support.connections import as_airflow_sees
from support.events import event
from support.smtp import Sink
from support.whole_path import ACCOUNT, pushed_by_a_shop, whole_path

HOSTILE = {
    "client_encoding": "LATIN1",
    "standard_conforming_strings": "off",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Pacific/Chatham",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "5ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "search_path": "hostile, pg_catalog",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "enable_indexscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit_above_cost": "0",
    "synchronous_commit": "off",
    "row_security": "off",
    "check_function_bodies": "off",
    "xmloption": "document",
    "backslash_quote": "on",
}
# Together, all that does not need the one before it.
LOOK_ALIKES = {
    "lower(text)": "text",
    "clock_timestamp()": "timestamptz",
    "length(text)": "integer",
    "jsonb_typeof(jsonb)": "text",
    "pg_current_xact_id()": "xid8",
    "hashtext(text)": "integer",
}
SETS = [*({name: value} for name, value in HOSTILE.items()), HOSTILE]


@pytest.fixture
def databases(new_database: Callable[[str], str]) -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
    """An empty execution database and an empty control database."""
    with (
        psycopg.connect(new_database(""), autocommit=True) as execution,
        psycopg.connect(new_database(""), autocommit=True) as control,
    ):
        yield execution, control


def set_hostile(connection: psycopg.Connection[Any], settings: dict[str, str]) -> None:
    """Let every later session of the database have the settings, and look-alikes of what we call first in its path."""
    connection.execute("create schema hostile")
    for function, kind in LOOK_ALIKES.items():
        connection.execute(f"create function hostile.{function} returns {kind} language sql return null::{kind}")
    for name, value in settings.items():
        # A path is a list, not a name.
        text = sql.SQL(value) if name == "search_path" else sql.Literal(value)
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set {} to {}").format(database, sql.Identifier(name), text))


@pytest.mark.parametrize("settings", SETS, ids=[",".join(each) if len(each) == 1 else "all" for each in SETS])
async def test_an_event_is_delivered_and_archived_whatever_is_set(
    databases: tuple[psycopg.Connection[Any], psycopg.Connection[Any]],
    sink: Sink,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
) -> None:
    execution, control = databases
    for connection in databases:
        set_hostile(connection, settings)
    monkeypatch.setenv("AIRFLOW_CONN_MCTEST", as_airflow_sees(execution, "message_center_execution"))
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, "message_center_control"))

    scheduled = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    pushed = event(ctx={"name": "Zoé 👋", "total": 1.10}, scheduled=scheduled.isoformat())
    id_ = await whole_path(lambda: pushed_by_a_shop(execution.info.dsn, pushed))

    assert "Zoé 👋, 1.1".encode() in decoded(sink.sources[0])
    archived = control.execute(
        "select status, ctx, scheduled = %s from archive.event where id = %s", [scheduled, id_]
    ).fetchone()
    assert archived == ("Sent", {"name": "Zoé 👋", "total": 1.1}, True)


def decoded(source: bytes) -> bytes:
    from email import message_from_bytes

    part = message_from_bytes(source)
    while part.is_multipart():
        part = part.get_payload(0)  # type: ignore[assignment]
    return bytes(part.get_payload(decode=True))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_is_told_before_anything_is_done(
    databases: tuple[psycopg.Connection[Any], psycopg.Connection[Any]], monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    execution, control = databases
    name = f"other_{encoding.lower()}"
    execution.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
    try:
        other = as_airflow_sees(execution, "message_center_execution", schema=name)
        monkeypatch.setenv("AIRFLOW_CONN_MCTEST", other)
        monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, "message_center_control"))
        suits, told = ExecutionConnectionHook(ACCOUNT).test_connection()
        assert not suits
        assert f"encoding is {encoding}. Make it anew with: create database" in told
        with pytest.raises(AccountError, match=f"has the encoding {encoding}. Make it anew"):
            begin_run(Account(ACCOUNT), {})
    finally:
        execution.execute(f"drop database {name} with (force)")
