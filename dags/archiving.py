"""mcSynch_<account>, on the control instance: brings what an execution instance did into the archive."""

from __future__ import annotations

from functools import partial
from typing import Any
from zlib import crc32

from airflow.sdk import DAG, Asset, Param, get_current_context, task
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

from message_center.accounts.account import Account
from message_center.archive.streams import STREAMS, Stream
from message_center.archive.tasks import DEPLOY_TEMPLATES, begin_run, finish_run, idle_tasks, run_stream
from message_center.dag_defaults import CONTROL_TAG, DRY_RUN, RETRIES, dag_settings, dags_of_each
from message_center.instances.registration import deploy_current
from message_center.workflows import ARCHIVING

PARAMS = {
    "since": Param(
        None, type=["null", "string"], format="date-time", title="Archive again since",
        description="Bring again what has changed since this moment.",
    ),
    "full": Param(False, type="boolean", title="Archive everything again"),
    "take_over": Param(
        False, type="boolean", title="Take the instance over",
        description="Make it this control instance's own, though it belongs to another one.",
    ),
    "dry_run": DRY_RUN,
}  # fmt: skip


def hourly(account: str) -> CronTriggerTimetable:
    """
    Return an hourly schedule, at a minute of the account's own: a hundred accounts don't start at once.

    The first run begins with the account: see :mod:`message_center.metadata.beginnings`.
    """
    return CronTriggerTimetable(f"{crc32(account.encode()) % 60} * * * *", timezone="UTC", run_immediately=False)


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

        @task(task_id="initialize_connection")
        def initialize() -> None:
            params = get_current_context()["params"]
            begin_run(account, params)
            if idle := idle_tasks(account.account, params):
                raise DownstreamTasksSkipped(tasks=idle)  # type: ignore[no-untyped-call]

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
        def finish() -> dict[str, int] | None:
            return finish_run(account.account, get_current_context()["params"])

        def archive(stream: Stream) -> dict[str, object]:
            return run_stream(account.account, stream, get_current_context()["params"])

        # By itself: what an instance does not take keeps nothing from the archive.
        @task(task_id=DEPLOY_TEMPLATES)
        def deploy() -> None:
            if get_current_context()["params"]["dry_run"]:
                raise AirflowSkipException("A dry run: nothing is deployed")
            deploy_current(account.account)

        first = initialize()
        first >> deploy()
        # One result a task: rows for each of its numbers would be most of what a day leaves in the metadata database.
        as_task = partial(task, multiple_outputs=False, trigger_rule="none_failed")
        tasks: dict[str, Any] = {stream.name: as_task(task_id=stream.name)(archive)(stream) for stream in STREAMS}
        for stream in STREAMS:
            (tasks[stream.after] if stream.after else first) >> tasks[stream.name]
        list(tasks.values()) >> finish()
    return dag


globals().update(dags_of_each(archiving_dag))
