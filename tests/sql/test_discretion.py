"""No error, log line, heartbeat or traceback has somebody's address in it, or what was pushed."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window
from message_center.delivery.errors import DeliveryError
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.queues.window import Window, WindowError
from message_center.queues.work import queue_work
from message_center.workflows import UPDATE_EVENT_STATUS
from support.events import claim, deploy_template, event, log, push, route
from support.process import REPOSITORY
from support.smtp import Sink

Connection = psycopg.Connection[Any]
ACCOUNT, ADDRESS, SECRET = "mcTest", "ann@shop.example", "s3cret"
IN_A_SECOND = timedelta(seconds=1)


@pytest.fixture
def pushed(execution: Connection) -> Iterator[int]:
    deploy_template(execution)
    (id_,) = push(execution, event(email=ADDRESS, ctx={"code": SECRET}))
    route(execution)
    yield id_
    heartbeats = str(execution.execute("select to_jsonb(h) from message_center.workflow_heartbeat as h").fetchall())
    assert is_discreet(heartbeats)


def is_discreet(told: str) -> bool:
    return "ann@" not in told and SECRET not in told


def all_of(error: BaseException) -> str:
    """An error as a task's log has it: with its traceback, and those that it came from."""
    return "".join(traceback.format_exception(error))


@pytest.mark.usefixtures("airflow_connections")
async def test_a_window(execution: Connection, pushed: int) -> None:
    claim(execution)
    log(execution, {"event_id": pushed, "status": "Sent"})
    execution.execute("alter table message_center.event add constraint none_is_sent check (status <> 'Sent')")
    end = datetime.now(timezone.utc) + IN_A_SECOND
    window = Window(ACCOUNT, queue_work(UPDATE_EVENT_STATUS.name), end, ExecutionInstanceHook(ACCOUNT).aconnect)
    with capture_logs() as logged, pytest.raises(WindowError, match="none_is_sent") as raised:
        await window.run()
    assert is_discreet(str(logged) + all_of(raised.value))


@pytest.mark.usefixtures("airflow_connections", "pushed")
async def test_the_engine(execution: Connection, sink: Sink) -> None:
    execution.execute("alter table message_center.delivery_log add constraint not_ann check (address not like 'ann%')")
    sender = EmailSender(MailHook("test_smtp").load())
    end = datetime.now(timezone.utc) + 3 * IN_A_SECOND
    with capture_logs() as logged, pytest.raises(DeliveryError, match="not_ann") as raised:
        await deliver_window(ExecutionInstanceHook(ACCOUNT).opener(), ACCOUNT, sender, end)
    assert is_discreet(str(logged) + all_of(raised.value))


STATEMENTS = [
    "select %s::integer",
    "select %s::timestamptz",
    "insert into message_center.quarantine (wished_channel, address) values (0, %s), (0, 'ann@shop.example')",
    "insert into message_center.event (queue, type, email, ctx) values ('rt', '', %s, '{}')",
    "do $$ begin raise 'no good' using detail = 'ann@shop.example', errcode = 'P0001'; end $$ -- %s",
]


@pytest.mark.usefixtures("airflow_connections")
@pytest.mark.parametrize("text", STATEMENTS)
async def test_whatever_a_statement_meets(text: str) -> None:
    hook = ExecutionInstanceHook(ACCOUNT)
    parameters = None if "do $$" in text else [ADDRESS]
    with hook.connect() as connection:
        for execute in (connection.execute, connection.cursor().execute):
            with pytest.raises(psycopg.Error) as raised:
                execute(text, parameters)
            assert is_discreet(all_of(raised.value))
    async with await hook.aconnect() as connection_of_a_window:
        with pytest.raises(psycopg.Error) as raised:
            await connection_of_a_window.execute(text, parameters)
        assert is_discreet(all_of(raised.value))


@pytest.mark.usefixtures("airflow_connections")
def test_rows_that_are_copied() -> None:
    with ExecutionInstanceHook(ACCOUNT).connect() as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg.Error) as raised, cursor.copy("copy message_center.quarantine from stdin") as rows:
            rows.write_row((ADDRESS,))
        assert "bigint" not in all_of(raised.value)
        assert is_discreet(all_of(raised.value))
        with pytest.raises(psycopg.Error) as raised:
            cursor.executemany("select %s::integer", [[ADDRESS]])
        assert is_discreet(all_of(raised.value))


@pytest.mark.usefixtures("airflow_connections")
def test_what_authors_and_operators_need_stays() -> None:
    with ExecutionInstanceHook(ACCOUNT).connect() as connection:
        with pytest.raises(psycopg.Error, match=r"(?s)nosuch.*LINE 1: select nosuch"):
            connection.execute("select nosuch")
        connection.execute("update message_center.instance set account = null, instance_identifier = null")
        with pytest.raises(psycopg.Error, match=r"(?s)not registered.*Create its connection in Airflow"):
            connection.execute("select message_center.push_events('rt', '[]')")


def test_all_connections_to_instances_come_from_the_hooks() -> None:
    opens = re.compile(r"psycopg\.connect\(|Connection\.connect\(")
    package = REPOSITORY / "plugins" / "message_center"
    files = {str(file.relative_to(package)) for file in package.rglob("*.py") if opens.search(file.read_text("utf-8"))}
    # Commands are for those who have a login of their own, and no Airflow.
    expected = {"instances/hooks.py", "instances/terminal.py"}
    assert {file for file in files if not file.startswith("local/")} == expected
