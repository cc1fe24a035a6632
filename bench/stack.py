"""The running stack with more and more accounts: what it uses when idle, and how soon an account is archived."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg

from bench.curve import Chart, Curve
from bench.harness import Server
from bench.metadata_rows import rows_a_day
from bench.sizes import Sizes
from message_center.accounts.account import EXECUTION_CONNECTION_TYPE
from message_center.local.airflow_api import AirflowApi
from message_center.local.connections import SMTP
from message_center.local.supervision import Supervisor
from message_center.workflows import ARCHIVING, DELIVERY_EXECUTION, QUEUE_WORKFLOWS, RT_EVENTS_PROCESSING
from support.accounts import delete_demo_accounts, wait_until_demo_accounts_are_gone
from support.stack import Running, new_stack
from support.waiting import until

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "postgres")
SETTLING_SECONDS = 30.0
SECONDS_A_LOOK = 10.0
SECONDS_AN_ACCOUNT = 60.0
"""How long the archiving of an account that is added beside others may take."""

ROWS_A_DAY = "rows a day and account"
PAUSE, START = "from the pause to the end of the window", "from the end of the pause to a window"
FIRST_RUN = "from the connection to the end of the first archive run"
MAX_SILENCE = "longest without a window's heartbeat"


def curves(server: Server, sizes: Sizes, cleanup: ExitStack) -> list[Curve]:
    """
    Return what is drawn; nothing in a mode without the stack.

    :param cleanup: stops the stack when all is measured.
    """
    if not sizes.stack_accounts:
        return []
    stacks: list[Accounts] = []

    def point(number: int) -> dict[str, float]:
        if not stacks:
            stacks.append(cleanup.enter_context(accounts_of_a_stack(server)))
        accounts = stacks[0]
        return accounts.grow(number) | accounts.watch(sizes.stack_seconds) | accounts.pause() | accounts.rows()

    return [
        Curve(
            title="The running stack, by the number of accounts",
            of="accounts",
            sizes=tuple(sorted(sizes.stack_accounts)),
            point=point,
            charts=(
                Chart("stack_cpu", "Processor time when idle", "% of a core", COMPONENTS),
                Chart("stack_memory", "Memory when idle", "MiB", tuple(map(memory, COMPONENTS))),
                Chart("stack_rows", "What Airflow's metadata database grows by", "rows", (ROWS_A_DAY,)),
                Chart("stack_pause", "A pause", "s", (PAUSE, START)),
                Chart("stack_first_run", "A new account beside the others", "s", (FIRST_RUN,)),
                Chart("stack_silence", "Heartbeats, which are due every five seconds", "s", (MAX_SILENCE,)),
            ),
            notes=(
                "`make start`, on the LocalExecutor, with the settings that it has. All workflows run, but no event "
                "comes in; the e-mail engine runs for the first account only, since each of its windows has a worker. "
                f"Watched for {sizes.stack_seconds} s, each number of accounts once. Memory is the proportional share "
                "(PSS) of a component's processes, workers with the scheduler. Postgres is Airflow's and the control "
                "instance's; the execution databases are on the server of the other measurements. Rows are those that "
                "a run of each workflow of the first account left, delivery and purge included, times its runs a day; "
                "without rendered fields, of which Airflow keeps the last 30. With windows of 60 s, until version "
                "0.1.0, an account left about 20,700 a day, and a pause took up to 70 s.",
            ),
        )
    ]


def memory(component: str) -> str:
    """Return the name of a component's second series."""
    return f"{component}, memory"


@contextmanager
def accounts_of_a_stack(server: Server) -> Iterator[Accounts]:
    """Start a stack without any account."""
    with TemporaryDirectory(prefix="message-center-bench-stack-") as folder, ExitStack() as databases:
        Path(folder).chmod(0o755)  # PostgreSQL's own user goes through it
        with new_stack(Path(folder) / "state") as running:
            with running.wait_until_up().airflow() as airflow:
                delete_demo_accounts(airflow)
                wait_until_demo_accounts_are_gone(airflow)
            yield Accounts(running, server, databases)


@dataclass
class Accounts:
    """The accounts of a running stack, and their databases."""

    running: Running
    server: Server
    databases: ExitStack
    uris: dict[str, str] = field(default_factory=dict)

    def grow(self, number: int) -> dict[str, float]:
        """Add accounts up to a number, all workflows at work; return how long the last one took to be archived."""
        with self.running.airflow() as airflow:
            *others, last = (f"mcBench{n}" for n in range(len(self.uris) + 1, number + 1))
            for account in others:
                self._add(airflow, account)
            for account in others:
                self._wait_until_archived(airflow, account, SECONDS_AN_ACCOUNT * (1 + len(others)))
            self._add(airflow, last)
            seconds = self._wait_until_archived(airflow, last, 10 * SECONDS_AN_ACCOUNT)
            for account in (*others, last):
                for workflow in QUEUE_WORKFLOWS:
                    airflow.pause(workflow.dag_id(account), paused=False)
            airflow.pause(DELIVERY_EXECUTION.dag_id(next(iter(self.uris))), paused=False)
        for account in (*others, last):
            until(f"the windows of {account}", lambda: has_windows(self.uris[account]), 600)  # noqa: B023
        return {FIRST_RUN: seconds}

    def watch(self, seconds: float) -> dict[str, float]:
        """Return what each component uses, after a while in which the beginnings are over."""
        time.sleep(SETTLING_SECONDS)
        before, started = self._processor_seconds(), time.monotonic()
        silences: list[float] = []
        while (passed := time.monotonic() - started) < seconds:
            time.sleep(min(SECONDS_A_LOOK, seconds - passed))
            silences += map(silence, self.uris.values())
        used = {name: 100 * (now - before[name]) / passed for name, now in self._processor_seconds().items()}
        return {
            **used,
            MAX_SILENCE: max(silences),
            **{memory(name): sum(map(proportional_share, self._processes(name))) / 2**20 for name in COMPONENTS},
        }

    def pause(self) -> dict[str, float]:
        """Pause a workflow and start it again; return how long each took."""
        dag_id = RT_EVENTS_PROCESSING.dag_id(next(iter(self.uris)))
        with self.running.airflow() as airflow:

            def window() -> tuple[str, str]:
                run_id = str(airflow.runs(dag_id, limit=1)[0]["dag_run_id"])
                return run_id, str(airflow.task_instances(dag_id, run_id)[0]["state"])

            until("a window under way", lambda: window()[1] == "deferred", 60)
            (ended, _), started = window(), time.monotonic()
            airflow.pause(dag_id)
            until("the window's end", lambda: window() == (ended, "success"), 60)
            paused_seconds = time.monotonic() - started
            started = time.monotonic()
            airflow.pause(dag_id, paused=False)
            until("another window", lambda: window()[0] != ended and window()[1] == "deferred", 60)
        return {PAUSE: paused_seconds, START: time.monotonic() - started}

    def rows(self) -> dict[str, float]:
        """Return what a day of an account leaves in Airflow's metadata database."""
        with self.running.airflow() as airflow, self.running.connect("airflow") as metadata:
            return {ROWS_A_DAY: rows_a_day(airflow, metadata, next(iter(self.uris)))}

    def _add(self, airflow: AirflowApi, account: str) -> None:
        uri = self.databases.enter_context(self.server.fresh("empty"))
        known = psycopg.conninfo.conninfo_to_dict(uri)
        airflow.add_connection(
            {
                "connection_id": account,
                "conn_type": EXECUTION_CONNECTION_TYPE,
                "host": known["host"],
                "port": int(known.get("port") or 5432),
                "login": known["user"],
                "schema": known["dbname"],
                "extra": json.dumps({"deliver": not self.uris, "smtp_conn_id": SMTP}),
            }
        )
        self.uris[account] = uri

    def _wait_until_archived(self, airflow: AirflowApi, account: str, seconds: float) -> float:
        """Wait for the end of the first archive run; return how long that took."""
        started = time.monotonic()

        def is_archived() -> bool:
            dag_id = ARCHIVING.dag_id(account)
            if not airflow.has_dag(dag_id):
                return False
            states = [run["state"] for run in airflow.runs(dag_id)]
            assert "failed" not in states, f"{dag_id} failed"
            return "success" in states

        until(f"{account} archived", is_archived, seconds)
        return time.monotonic() - started

    def _processor_seconds(self) -> dict[str, float]:
        # A child that has ended is in the sums of its parent.
        return {name: sum(map(processor_seconds, self._processes(name))) for name in COMPONENTS}

    def _processes(self, component: str) -> list[psutil.Process]:
        root = psutil.Process(Supervisor(self.running.paths).pid(component))
        return [root, *root.children(recursive=True)]


def has_windows(uri: str) -> bool:
    """Whether all queue workflows of an account have begun a window."""
    with psycopg.connect(uri) as connection:
        row: Any = connection.execute("select count(*) from message_center.workflow_heartbeat").fetchone()
    return bool(row[0] >= len(QUEUE_WORKFLOWS))


def silence(uri: str) -> float:
    """Return for how many seconds the workflow of an account that is furthest behind has given no heartbeat."""
    age = "extract(epoch from clock_timestamp() - min(heartbeat_at))::float8"
    query = f"select {age} from message_center.workflow_heartbeat"
    with psycopg.connect(uri) as connection:
        row: Any = connection.execute(query).fetchone()
    return float(row[0])


def processor_seconds(process: psutil.Process) -> float:
    """Return what a process has used, and those of its children that have ended."""
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:4]))
    return 0.0


def proportional_share(process: psutil.Process) -> float:
    """Return a process's memory, its shared pages divided among those that share them."""
    with suppress(psutil.NoSuchProcess):
        used = process.memory_full_info()
        return float(getattr(used, "pss", used.uss))
    return 0.0
