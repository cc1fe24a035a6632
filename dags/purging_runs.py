"""purgeRuns: deletes old runs of our own DAGs, of whatever account, from Airflow's metadata database."""

from __future__ import annotations

from airflow.sdk import DAG, Param
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable

from message_center.dag_defaults import CONTROL_TAG, DRY_RUN, common_settings
from message_center.metadata.kept import KEPT_DAYS_OPTION
from message_center.metadata.run_purge import RunPurgeOperator, kept_days
from message_center.workflows import PURGE_RUNS

with DAG(
    schedule=CronTriggerTimetable("30 4 * * *", timezone="UTC"),
    max_active_runs=1,
    is_paused_upon_creation=False,
    params={
        KEPT_DAYS_OPTION: Param(kept_days(), type="integer", minimum=1, title="Days for which runs are kept"),
        "dry_run": DRY_RUN,
    },
    **common_settings(PURGE_RUNS, CONTROL_TAG),
) as purging_runs:
    RunPurgeOperator(task_id="purge_runs")
