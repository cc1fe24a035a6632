"""The window trigger, run for real: a connection from Airflow, a database, and the event that ends the task."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from airflow.triggers.base import TaskFailedEvent, TaskSuccessEvent

from message_center.queues.trigger import WindowTrigger
from support import dag_bags  # noqa: F401 - sets Airflow's home
from support.events import deploy_template, event, push

SECRET = "never-to-be-seen"


def register_connection(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    connection = {"conn_type": "message_center_execution", "password": SECRET} | fields
    monkeypatch.setenv("AIRFLOW_CONN_MCTEST", json.dumps(connection))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, execution_uri: str) -> None:
    parts = urlsplit(execution_uri)
    socket = parse_qs(parts.query)["host"][0]
    register_connection(monkeypatch, host=socket, schema=parts.path.strip("/"), login="postgres")


async def the_event(workflow: str, seconds: float) -> Any:
    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    trigger = WindowTrigger("mcTest", workflow, end.isoformat())
    class_path, arguments = trigger.serialize()
    assert class_path == "message_center.queues.trigger.WindowTrigger"
    assert SECRET not in repr(trigger)
    (fired,) = [fired async for fired in WindowTrigger(**arguments).run()]
    return fired


@pytest.mark.usefixtures("account")
async def test_a_windows_counts_are_the_tasks_result(execution: psycopg.Connection[Any]) -> None:
    deploy_template(execution)
    push(execution, event(), event(type="unknown"))
    fired = await the_event("rtEventsProcessing", 1)
    assert isinstance(fired, TaskSuccessEvent)
    assert fired.xcoms is not None
    result = fired.xcoms["return_value"]
    assert isinstance(result, dict)
    assert (result["routed"], result["not_taken_into_account"], result["reconnects"]) == (1, 1, 0)
    assert json.dumps(result), "it goes through XCom"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("workflow", ["batchEventsProcessing", "updateEventStatus"])
async def test_every_queue_workflow_leaves_its_heartbeat(execution: psycopg.Connection[Any], workflow: str) -> None:
    assert isinstance(await the_event(workflow, 1), TaskSuccessEvent)
    row = execution.execute(
        "select last_success > last_start from message_center.workflow_heartbeat where workflow = %s", [workflow]
    ).fetchone()
    assert row == (True,)


async def test_a_window_without_a_database_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    register_connection(monkeypatch, host="127.0.0.1", port=1, login="postgres", schema="nowhere")
    fired = await the_event("rtEventsProcessing", 1)
    assert isinstance(fired, TaskFailedEvent)
    error = (fired.xcoms or {}).get("error")
    assert isinstance(error, str)
    assert "Test the connection 'mcTest' in Admin > Connections" in error
    assert SECRET not in error
