"""What an idle account leaves in Airflow's metadata database: the rows of a run of each workflow, by its runs a day."""

from __future__ import annotations

import psycopg

from message_center.accounts.account import Account
from message_center.local.airflow_api import AirflowApi
from message_center.workflows import ARCHIVING, PURGE, STARTED_BY_THE_USER
from support.waiting import until
from support.workflows import succeed

# Rendered fields are not among them: Airflow keeps those of the last 30 runs of a task, however many there are.
ROWS_OF_A_RUN = """
select avg(1 + task.rows + log.rows + xcom.rows + asset.rows)::float8
from dag_run as run
cross join lateral (
    select count(*) as rows from task_instance as t where (t.dag_id, t.run_id) = (run.dag_id, run.run_id)
) as task
cross join lateral (
    select count(*) as rows from log as l where (l.dag_id, l.run_id) = (run.dag_id, run.run_id)
) as log
cross join lateral (
    -- A window that comes to its own end has no result; those of this measurement say that they were paused.
    select count(*) as rows
    from xcom as x
    where (x.dag_id, x.run_id) = (run.dag_id, run.run_id) and x.value::text not like '%%ended_early%%'
) as xcom
cross join lateral (
    select count(*) as rows from asset_event as a where (a.source_dag_id, a.source_run_id) = (run.dag_id, run.run_id)
) as asset
where run.dag_id = %s and run.state = 'success'
"""

WINDOWS_A_DAY = 86_400 / Account("").window_seconds
RUNS_A_DAY = dict.fromkeys(STARTED_BY_THE_USER, WINDOWS_A_DAY) | {ARCHIVING: 24, PURGE: 1}


def rows_a_day(airflow: AirflowApi, metadata: psycopg.Connection, account: str) -> float:
    """Let each workflow of an idle account come to the end of a run, and return what a day of them leaves."""
    for workflow in (ARCHIVING, PURGE):
        succeed(airflow, workflow.dag_id(account), airflow.trigger(workflow.dag_id(account)))
    rows = 0.0
    for workflow, runs in RUNS_A_DAY.items():
        rows += runs * rows_of_a_run(airflow, metadata, workflow.dag_id(account))
    return rows


def rows_of_a_run(airflow: AirflowApi, metadata: psycopg.Connection, dag_id: str) -> float:
    """Pause a workflow, which ends its windows, and return the rows of a run on the average."""

    def over() -> bool:
        return {run["state"] for run in airflow.runs(dag_id)} == {"success"}

    airflow.pause(dag_id)
    until(f"the runs of {dag_id} over", over, 120)
    row = metadata.execute(ROWS_OF_A_RUN, [dag_id]).fetchone()
    airflow.pause(dag_id, paused=False)
    assert row is not None
    return float(row[0])
