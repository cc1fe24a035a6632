"""mcSynch_<account>, on the control instance: brings what an execution instance did into the archive."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from airflow.sdk import DAG, Asset, Param, get_current_context, task
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowSkipException

from message_center.accounts.account import Account
from message_center.archive.streams import QUARANTINE, STREAMS, Stream
from message_center.archive.tasks import begin_run, finish_run, quarantine_is_due, run_stream
from message_center.dag_defaults import CONTROL_TAG, DRY_RUN, RETRIES, dag_settings, dags_of_each
from message_center.instances.registration import deploy_current
from message_center.workflows import ARCHIVING

PARAMS = {
    "since": Param(
        None, type=["null", "string"], format="date-time", title="Archive again since",
        description="Bring again what has changed since this moment.",
    ),
    "full": Param(False, type="boolean", title="Archive everything again"),
    "dry_run": DRY_RUN,
}  # fmt: skip


def hourly(account: str) -> CronTriggerTimetable:
    """Return an hourly schedule, at a minute of the account's own: a hundred accounts don't start at once."""
    return CronTriggerTimetable(f"{crc32(account.encode()) % 60} * * * *", timezone="UTC", run_immediately=True)


def archiving_dag(account: Account) -> DAG:
    """Return the archiving workflow of an account; it starts by itself."""
    settings = dag_settings(ARCHIVING, account, CONTROL_TAG)
    settings["default_args"] = settings["default_args"] | RETRIES
    with DAG(
        schedule=hourly(account.account),
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=PARAMS,
        **settings,
    ) as dag:
        # One result a task: rows for each of its numbers would be most of what a day leaves in the metadata database.
        @task(task_id="initialize_connection", multiple_outputs=False)
        def initialize() -> dict[str, object]:
            return begin_run(account, get_current_context()["params"])

        @task(
            task_id="finish_run",
            multiple_outputs=False,
            trigger_rule="none_failed",
            outlets=[
                Asset(
                    f"message_center_archive_{account.account}",
                    uri=f"x-message-center://{account.account}/archive",
                )
            ],
        )
        def finish(results: list[dict[str, object] | None]) -> dict[str, int]:
            return finish_run(account.account, get_current_context()["params"], results)

        def archive(stream: Stream) -> dict[str, object]:
            params = get_current_context()["params"]
            if stream == QUARANTINE and not quarantine_is_due(account.account, params):
                raise AirflowSkipException("The quarantine is brought every three hours")
            return run_stream(account.account, stream, params)

        # By itself: what an instance does not take keeps nothing from the archive.
        @task
        def deploy_templates() -> None:
            if get_current_context()["params"]["dry_run"]:
                raise AirflowSkipException("A dry run: nothing is deployed")
            deploy_current(account.account)

        first = initialize()
        first >> deploy_templates()
        tasks: dict[str, Any] = {
            stream.name: task(task_id=stream.name, multiple_outputs=False)(archive)(stream) for stream in STREAMS
        }
        for stream in STREAMS:
            (tasks[stream.after] if stream.after else first) >> tasks[stream.name]
        finish(list(tasks.values()))
    return dag


globals().update(dags_of_each(archiving_dag))
