"""Workflows of a running stack: started, and waited for."""

from __future__ import annotations

from typing import Any

import psycopg

from message_center.local.airflow_api import AirflowApi
from message_center.local.diagnosis import told_run
from message_center.publication.preflight import are_live
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER
from support.waiting import until


def start_workflows(airflow: AirflowApi, account: str) -> None:
    """Unpause an account's workflows, once its archiving has registered it."""
    archiving, *windows = (workflow.dag_id(account) for workflow in (ARCHIVING, *STARTED_BY_THE_USER))
    for dag_id in (archiving, *windows):
        until(f"{dag_id} there", lambda: airflow.has_dag(dag_id), 60)  # noqa: B023
    runs = until(f"{archiving} begun", lambda: airflow.runs(archiving), 60)
    succeed(airflow, archiving, runs[-1]["dag_run_id"])
    for dag_id in windows:
        airflow.pause(dag_id, False)


def is_live(connection: psycopg.Connection[Any]) -> bool:
    """Whether all execution workflows of an instance are in a window."""
    return are_live(connection, STARTED_BY_THE_USER)


def finished(airflow: AirflowApi, dag_id: str, run_id: str, seconds: float = 360) -> str:
    """Wait for a run's end and return its state."""

    def state() -> str:
        found = str(airflow.run(dag_id, run_id)["state"])
        return found if found in ("success", "failed") else ""

    return until(f"{dag_id} {run_id} ended", state, seconds)


def succeed(airflow: AirflowApi, dag_id: str, run_id: str, seconds: float = 360) -> None:
    """Wait for a run's success; if it fails, say what its tasks have said: their logs go away with the stack."""
    state = finished(airflow, dag_id, run_id, seconds)
    assert state == "success", f"{dag_id}: {told_run(airflow, airflow.run(dag_id, run_id))}"
