"""The archiving workflow of each execution instance, on the control instance."""

from __future__ import annotations

from zlib import crc32

from airflow.sdk import DAG, Asset, Param, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowSkipException

from message_center.accounts import Account
from message_center.archive.streams import QUARANTINE, STREAMS, Stream
from message_center.archive.workflow import begin_run, finish_run, quarantine_is_due, run_stream
from message_center.dag_defaults import CONTROL_TAG, RETRIES, dag_settings
from message_center.provider import RETENTION_DAYS
from message_center.purge import PURGES, Purge, purge_archive, purge_execution
from message_center.registration import initialize_connection
from message_center.registry import registered_accounts
from message_center.workflows import ARCHIVING, PURGE

PARAMS = {
    "since": Param(
        None, type=["null", "string"], format="date-time", title="Archive again since",
        description="Bring again what has changed since then.",
    ),
    "full": Param(False, type="boolean", title="Archive everything again"),
    "dry_run": Param(False, type="boolean", title="Dry run", description="Only say what would be done."),
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

        @task(task_id="initialize_connection")
        def initialize() -> dict[str, object]:
            return begin_run(account.account, get_current_context()["params"])

        @task(
            task_id="archived",
            trigger_rule="none_failed",
            outlets=[
                Asset(
                    f"message_center_archive_{account.account}",
                    uri=f"x-message-center://{account.account}/archive",
                )
            ],
        )
        def archived() -> None:
            finish_run(account.account, get_current_context()["params"])

        def archive(stream: Stream) -> dict[str, object]:
            params = get_current_context()["params"]
            if stream == QUARANTINE and not quarantine_is_due(account.account, params):
                raise AirflowSkipException("The quarantine is brought every three hours")
            return run_stream(account.account, stream, params)

        first, last = initialize(), archived()
        tasks = {stream.name: task(archive, task_id=stream.name)(stream) for stream in STREAMS}
        for stream in STREAMS:
            (tasks[stream.after] if stream.after else first) >> tasks[stream.name] >> last
    return dag


def kept_days(name: str) -> Param:
    """Return the param of a retention, whose default is a setting."""
    what, days = RETENTION_DAYS[name]
    default = conf.getint("message_center", name, fallback=days)
    return Param(default, type="integer", minimum=1, title=f"Days for which {what} are kept".replace(", are", " are"))


def purging_dag(account: Account) -> DAG:
    """Return the daily purge of an account; its tasks don't wait for each other."""
    settings = dag_settings(PURGE, account, CONTROL_TAG)
    settings["default_args"] = settings["default_args"] | RETRIES
    params = {name: kept_days(name) for name in RETENTION_DAYS} | {"dry_run": PARAMS["dry_run"]}
    with DAG(
        schedule=CronTriggerTimetable("0 4 * * *", timezone="UTC"),
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=params,
        **settings,
    ) as dag:

        @task(task_id="initialize_connection")
        def initialize() -> dict[str, object]:
            return initialize_connection(account.account)

        def purge(what: Purge) -> int:
            return purge_execution(account.account, what, get_current_context()["params"])

        @task(task_id="purge_archive")
        def archive() -> dict[str, int]:
            return purge_archive(account.account, get_current_context()["params"])

        initialize() >> [*(task(purge, task_id=each.name)(each) for each in PURGES), archive()]
    return dag


for account in registered_accounts():
    globals()[f"{PURGE.name}_{account.account}"] = purging_dag(account)
    globals()[f"{ARCHIVING.name}_{account.account}"] = archiving_dag(account)
