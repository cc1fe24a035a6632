"""What Airflow knows of workflows that are not where they should be, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from message_center.local.airflow_api import AirflowApi
from message_center.local.paths import Paths

RUNS = 3
IN_TROUBLE = ("failed", "up_for_retry")


def diagnosis(airflow: AirflowApi, paths: Paths, dag_ids: Sequence[str]) -> str:
    """Return the errors at import, and of each workflow its last runs and where their logs are."""
    told = [f"{error['filename']}: {error['stack_trace']}" for error in airflow.import_errors()]
    for dag_id in dag_ids:
        if not airflow.has_dag(dag_id):
            told.append(f"{dag_id}: no such workflow yet; see {paths.log / 'dag-processor.log'}")
            continue
        runs = "; ".join(told_run(airflow, run) for run in airflow.runs(dag_id, RUNS))
        told.append(f"{dag_id}: {runs or 'no run'}; logs in {paths.log / 'tasks' / f'dag_id={dag_id}'}")
    return "\n".join(told)


def told_run(airflow: AirflowApi, run: dict[str, Any]) -> str:
    """Return a run's state, and what its tasks in trouble have said."""
    trouble = "\n".join(_troubles(airflow, run))
    return f"{run['dag_run_id']} {run['state']}" + (f" with\n{trouble}\n" if trouble else "")


def _troubles(airflow: AirflowApi, run: dict[str, Any]) -> Iterator[str]:
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    for task in airflow.task_instances(dag_id, run_id):
        if task["state"] in IN_TROUBLE:
            said = airflow.exceptions(dag_id, run_id, task["task_id"], task["try_number"])
            yield f"  {task['task_id']} {task['state']} (try {task['try_number']}): {'; '.join(said)}"
