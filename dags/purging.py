"""purge_<account>, on the control instance: deletes what is old and archived, on both sides."""

from __future__ import annotations

from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable

from message_center.accounts.account import Account
from message_center.archive.purge import PURGES, Purge, purge_archive, purge_execution
from message_center.archive.retention import RETENTION_DAYS
from message_center.dag_defaults import CONTROL_TAG, DRY_RUN, RETRIES, dag_settings, dags_of_each
from message_center.instances.registration import initialize_connection
from message_center.instances.run_notes import NOTED, note_start
from message_center.workflows import PURGE


def kept_days(name: str) -> Param:
    """Return the param of a retention, whose default is a setting."""
    what, days = RETENTION_DAYS[name]
    default = conf.getint("message_center", name, fallback=days)
    return Param(default, type="integer", minimum=1, title=f"Days for which {what} are kept")


def purging_dag(account: Account) -> DAG:
    """Return the daily purge of an account; its tasks don't wait for each other."""
    settings = dag_settings(PURGE, account, CONTROL_TAG)
    settings["default_args"] = settings["default_args"] | RETRIES | NOTED
    params = {name: kept_days(name) for name in RETENTION_DAYS} | {"dry_run": DRY_RUN}
    with DAG(
        schedule=CronTriggerTimetable("0 4 * * *", timezone="UTC"),
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=params,
        **settings,
    ) as dag:

        @task(task_id="initialize_connection", multiple_outputs=False, on_execute_callback=note_start)
        def initialize() -> dict[str, object]:
            return initialize_connection(account)

        def purge(what: Purge) -> dict[str, object]:
            return purge_execution(account.account, what, get_current_context()["params"])

        @task(task_id="purge_archive", multiple_outputs=False)
        def archive() -> dict[str, object]:
            return purge_archive(account.account, get_current_context()["params"])

        initialize() >> [*(task(task_id=each.name, multiple_outputs=False)(purge)(each) for each in PURGES), archive()]
    return dag


globals().update(dags_of_each(purging_dag))
