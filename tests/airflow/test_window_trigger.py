"""The window trigger, run for real: a connection from Airflow, a database, and the event that ends the task."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from airflow.triggers.base import TaskFailedEvent, TaskSuccessEvent

from message_center.metadata.endings import ENDINGS_VARIABLE, GONE, PAUSED, Endings
from message_center.queues.ending import EndingWatch
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


async def the_event(workflow: str, seconds: float, run_id: str = "") -> Any:
    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    trigger = WindowTrigger("mcTest", workflow, end.isoformat())
    class_path, arguments = trigger.serialize()
    assert class_path == "message_center.queues.trigger.WindowTrigger"
    assert SECRET not in repr(trigger)
    trigger = WindowTrigger(**arguments)
    if run_id:
        trigger.task_instance = SimpleNamespace(dag_id=f"{workflow}_mcTest", run_id=run_id, task_id="window")  # type: ignore[assignment]
    (fired,) = [fired async for fired in trigger.run()]
    return fired


def let_end(monkeypatch: pytest.MonkeyPatch, workflow: str, run_id: str) -> None:
    """Say where Airflow looks first that the windows of a run are to end."""
    endings = Endings()
    endings.add(f"{workflow}_mcTest", run_id, PAUSED)
    monkeypatch.setenv(f"AIRFLOW_VAR_{ENDINGS_VARIABLE.upper()}", endings.to_json())


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


@pytest.mark.usefixtures("account", "execution")
async def test_a_pause_ends_the_windows_of_its_run_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    let_end(monkeypatch, "rtEventsProcessing", "of today")
    ended, not_ended = await asyncio.gather(
        asyncio.wait_for(the_event("rtEventsProcessing", 600, "of today"), 10),
        the_event("rtEventsProcessing", 4, "of tomorrow"),
    )
    assert isinstance(ended, TaskSuccessEvent)
    assert (ended.xcoms or {})["return_value"]["ended_early"] == PAUSED  # type: ignore[index,call-overload]
    assert not_ended.xcoms is None, "nothing happened in it, which is no result"


async def test_a_window_whose_connection_is_gone_ends_as_those_of_a_gone_account() -> None:
    fired = await the_event("rtEventsProcessing", 600)
    assert isinstance(fired, TaskSuccessEvent)
    assert (fired.xcoms or {})["return_value"]["ended_early"] == GONE  # type: ignore[index,call-overload]


async def test_all_windows_of_a_process_learn_from_one_look() -> None:
    looks: list[int] = []
    ended: list[str] = []

    def read() -> Endings:
        looks.append(1)
        return Endings({f"a DAG/{run}": PAUSED for run in range(50)} if len(looks) > 2 else {})

    watch = EndingWatch(look_seconds=0.2, read=read)
    with contextlib.ExitStack() as windows:
        for run in range(100):
            windows.enter_context(watch.over("a DAG", str(run), ended.append))
        await asyncio.sleep(0.5)
    assert ended == [PAUSED] * 50
    assert len(looks) == 3
    await asyncio.sleep(0.3)
    assert len(looks) == 3, "nobody looks where there are no windows"
    with watch.over("a DAG", "7", ended.append):
        await asyncio.sleep(0.1)
    assert len(ended) == 51, "the next window has it looked again"


async def test_windows_go_on_while_airflow_does_not_answer() -> None:
    looks: list[int] = []

    def read() -> Endings:
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("no API server")
        return Endings({"a DAG/7": PAUSED})

    ended: list[str] = []
    with EndingWatch(look_seconds=0.1, read=read).over("a DAG", "7", ended.append):
        await asyncio.sleep(0.05)
        assert ended == []
        await asyncio.sleep(0.1)
    assert ended == [PAUSED]


async def test_a_window_without_a_database_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    register_connection(monkeypatch, host="127.0.0.1", port=1, login="postgres", schema="nowhere")
    fired = await the_event("rtEventsProcessing", 1)
    assert isinstance(fired, TaskFailedEvent)
    error = (fired.xcoms or {}).get("error")
    assert isinstance(error, str)
    assert "Test the connection 'mcTest' in Admin > Connections" in error
    assert SECRET not in error
