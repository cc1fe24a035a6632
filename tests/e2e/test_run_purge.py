"""The purge of old runs on a running stack: its DAG asks, the DAG processor does it, and the run says what was done."""

from __future__ import annotations

from message_center.metadata.kept import KEPT_DAYS_OPTION
from message_center.workflows import PURGE_RUNS
from support.stack import Running
from support.workflows import succeed


def test_a_run_of_the_purge_says_what_it_has_deleted(stack: Running) -> None:
    with stack.airflow() as airflow:
        run_id = airflow.trigger(PURGE_RUNS.name, **{KEPT_DAYS_OPTION: 1})
        succeed(airflow, PURGE_RUNS.name, run_id)
        path = f"dags/{PURGE_RUNS.name}/dagRuns/{run_id}/taskInstances/purge_runs/xcomEntries/return_value"
        assert '"runs": 0' in str(airflow.request("GET", path).json()["value"]), "nothing is a day old"
