"""Windows end before their time: by a pause, by somebody who marks their run, with their account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from message_center.local.airflow_api import AirflowApi
from message_center.local.connections import SMTP
from message_center.metadata.endings import GONE, PAUSED
from message_center.workflows import DELIVERY_EXECUTION, RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS
from support.accounts import new_account
from support.stack import Running
from support.waiting import until
from support.workflows import start_workflows

ACCOUNT = "mcEndings"
# Ten seconds are promised; other tests run beside these. How long it takes is measured where nothing else runs.
WITHIN = 60
TRIGGERER = RT_EVENTS_PROCESSING.dag_id(ACCOUNT)
WORKER = DELIVERY_EXECUTION.dag_id(ACCOUNT)
MARKED = UPDATE_EVENT_STATUS.dag_id(ACCOUNT)
WINDOWS = (TRIGGERER, WORKER, MARKED)


@pytest.fixture
def airflow(stack: Running) -> Iterator[AirflowApi]:
    """A stack with an account whose windows take ten minutes, as they do by default."""
    with new_account(stack, ACCOUNT) as account, stack.airflow() as airflow:
        airflow.add_connection(account | {"extra": json.dumps({"smtp_conn_id": SMTP})})
        start_workflows(airflow, ACCOUNT)
        for dag_id in WINDOWS:
            until(f"{dag_id} in its first window", lambda: works(airflow, dag_id), 60)  # noqa: B023
        yield airflow


def latest(airflow: AirflowApi, dag_id: str) -> dict[str, Any]:
    runs = airflow.runs(dag_id, limit=1)
    return runs[0] if runs else {"dag_run_id": "", "state": ""}


def works(airflow: AirflowApi, dag_id: str, after: str = "") -> str:
    """Return the run of the window that is under way, if it is a later one than another."""
    run = latest(airflow, dag_id)
    is_new = run["state"] == "running" and run["dag_run_id"] != after
    tasks = airflow.task_instances(dag_id, run["dag_run_id"]) if is_new else []
    return str(run["dag_run_id"]) if any(task["state"] in ("deferred", "running") for task in tasks) else ""


def result(airflow: AirflowApi, dag_id: str, run_id: str) -> str:
    path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/window/xcomEntries/return_value"
    return str(airflow.request("GET", path).json()["value"])


def test_windows_end_with_a_pause_and_begin_with_its_end(airflow: AirflowApi) -> None:
    ended = {dag_id: works(airflow, dag_id) for dag_id in (TRIGGERER, WORKER)}
    for dag_id in ended:
        airflow.pause(dag_id)
    for dag_id, run_id in ended.items():
        until(f"{dag_id} ended", lambda: airflow.run(dag_id, run_id)["state"] == "success", WITHIN)  # noqa: B023
        assert PAUSED in result(airflow, dag_id, run_id)
        airflow.pause(dag_id, False)
    begun = {
        dag_id: until(f"{dag_id} begun again", lambda: works(airflow, dag_id, run_id), WITHIN)  # noqa: B023
        for dag_id, run_id in ended.items()
    }

    marked = works(airflow, MARKED)
    airflow.request("PATCH", f"dags/{MARKED}/dagRuns/{marked}", json={"state": "success"})
    until(f"{MARKED} begun again", lambda: works(airflow, MARKED, marked), WITHIN)
    airflow.delete_connection(ACCOUNT)
    for dag_id, run_id in begun.items():
        until(f"{dag_id} ended for good", lambda: airflow.run(dag_id, run_id)["state"] == "success", 2 * WITHIN)  # noqa: B023
        assert GONE in result(airflow, dag_id, run_id)
    until(f"{MARKED} ended too", lambda: latest(airflow, MARKED)["state"] == "success", WITHIN)
