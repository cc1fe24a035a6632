"""importEvents_<account>, on an execution instance: takes in the files of a folder, for accounts that name one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.definitions.timetables.trigger import DeltaTriggerTimetable

from message_center.accounts.account import Account
from message_center.dag_defaults import DRY_RUN, EXECUTION_TAG, RETRIES, dag_settings, dags_of_each
from message_center.files.run import SETTLED_SECONDS, import_events
from message_center.instances.run_notes import NOTED, note_start
from message_center.workflows import IMPORT_EVENTS

PARAMS = {
    "path": Param(
        None, type=["null", "string"], pattern="^[a-z][a-z0-9+.-]*://", title="Folder",
        description="The URL of a folder within the account's, instead of that. What is done is moved there, too.",
    ),
    "queue": Param("batch", type="string", enum=["batch", "rt"], title="Queue"),
    "settled_seconds": Param(
        SETTLED_SECONDS, type="integer", minimum=0, title="Seconds since the last change",
        description="A file that was changed later is left for the next run.",
    ),
    "dry_run": DRY_RUN,
}  # fmt: skip


def import_dag(account: Account) -> DAG | None:
    """Return the DAG that imports an account's files, if it has a folder for them; the user starts it."""
    if not account.import_path:
        return None
    settings = dag_settings(IMPORT_EVENTS, account, EXECUTION_TAG)
    settings["default_args"] = settings["default_args"] | RETRIES | NOTED
    with DAG(
        schedule=DeltaTriggerTimetable(timedelta(minutes=account.import_minutes)),
        max_active_runs=1,
        is_paused_upon_creation=True,
        params=PARAMS,
        **settings,
    ) as dag:

        @task(task_id="import_files", multiple_outputs=False, on_execute_callback=note_start)
        def import_files() -> None:
            context: Any = get_current_context()
            imported = import_events(account, context["params"])
            # Before it fails: the others' files are in.
            if result := imported.result(context["params"]):
                context["ti"].xcom_push(key="return_value", value=result)
            imported.refuse_faults()

        import_files()
    return dag


globals().update(dags_of_each(import_dag))
