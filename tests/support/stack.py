"""A stack as its user has it: a process of its own, with a folder and ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import psycopg
from psycopg import sql

from message_center.local.airflow_api import AirflowApi, AirflowError
from message_center.local.connections import connections
from message_center.local.places import DEMO_ACCOUNTS, PORT_VARIABLES, Places, Ports, StackError
from message_center.local.postgres import administrator
from message_center.local.settings import ADMIN, airflow_url
from message_center.local.supervision import Supervisor
from message_center.publication.preflight import are_live
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER
from support.ports import free_ports
from support.process import REPOSITORY

# What one of several faults or measurements may run into when it doesn't go as planned; the others go on.
BROKEN = (AssertionError, OSError, subprocess.SubprocessError, psycopg.Error, StackError, AirflowError, httpx.HTTPError)

Found = TypeVar("Found")
COMMAND = [sys.executable, "-m", "message_center.local.cli"]


def until(what: str, look: Callable[[], Found], seconds: float) -> Found:
    """Return the first true value of ``look``, or fail saying what was waited for."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.3)
    return found


def start_workflows(airflow: AirflowApi, account: str) -> None:
    """Unpause an account's workflows, once its archiving has registered it."""
    archiving, *windows = (workflow.dag_id(account) for workflow in (ARCHIVING, *STARTED_BY_THE_USER))
    for dag_id in (archiving, *windows):
        until(f"{dag_id} there", lambda: airflow.has_dag(dag_id), 60)  # noqa: B023
    runs = until(f"{archiving} begun", lambda: airflow.runs(archiving), 60)
    assert finished(airflow, archiving, runs[-1]["dag_run_id"]) == "success"
    for dag_id in windows:
        airflow.pause(dag_id, False)


def delete_demo_accounts(airflow: AirflowApi) -> None:
    """Delete the accounts that a new stack has; their workflows go a while later."""
    for account in DEMO_ACCOUNTS:
        airflow.delete_connection(account)


def wait_until_demo_accounts_are_gone(airflow: AirflowApi) -> None:
    """Wait until the deleted accounts' workflows are away, for twice the minute that this may take."""
    dag_ids = [ARCHIVING.dag_id(account) for account in DEMO_ACCOUNTS]
    until("the demo's accounts away", lambda: not any(map(airflow.has_dag, dag_ids)), 120)


def is_live(connection: psycopg.Connection[Any]) -> bool:
    """Whether all execution workflows of an instance are in a window."""
    return are_live(connection, STARTED_BY_THE_USER)


def finished(airflow: AirflowApi, dag_id: str, run_id: str, seconds: float = 180) -> str:
    """Wait for a run's end and return its state."""
    ended = ("success", "failed")
    return (
        until(
            f"{dag_id} {run_id} ended",
            lambda: (state := str(airflow.run(dag_id, run_id)["state"])) in ended and state,
            seconds,
        )
        or ""
    )


class Running:
    """`message-center start` (or another command of it) under test."""

    def __init__(self, state: Path, ports: Ports, *command: str) -> None:
        self.places, self.ports = Places(state), ports
        number, name = tempfile.mkstemp(".out", dir=state.parent)
        self.output = Path(name)
        with os.fdopen(number, "wb") as output:
            self.process = subprocess.Popen(
                command or (*COMMAND, "start"),
                cwd=REPOSITORY,
                env=environment(state, ports),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_until_up(self, seconds: float = 180) -> Running:
        def is_up() -> bool:
            assert self.process.poll() is None, self.text()
            return "What next" in self.text()

        until(f"the stack up; it says:\n{self.text()}", is_up, seconds)
        return self

    def airflow(self) -> AirflowApi:
        return AirflowApi(airflow_url(self.ports), ADMIN, self.places.secrets["admin"])

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.places.uri(database, self.ports), autocommit=True)

    def processes(self) -> list[psutil.Process]:
        """Return every process of the stack: the starter, the supervisor's session, PostgreSQL's own."""
        roots = Supervisor(self.places).members()
        with suppress(psutil.NoSuchProcess):
            roots.append(psutil.Process(self.process.pid))
        found = {process.pid: process for process in roots}
        for process in roots:
            # Airflow's processes come and go while we look.
            with suppress(psutil.NoSuchProcess):
                found |= {child.pid: child for child in process.children(recursive=True)}
        return [process for process in found.values() if process.is_running()]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the starter and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(90)


@contextmanager
def new_account(stack: Running, name: str) -> Iterator[dict[str, Any]]:
    """A connection for a new execution instance, not yet in Airflow, whose database exists and is empty."""
    database = sql.Identifier(name)
    password = stack.places.secrets["postgres:postgres"]
    with administrator(stack.places, stack.ports) as connection:
        connection.execute(sql.SQL("create database {}").format(database))
    known = next(one for one in connections(stack.places, stack.ports) if one["connection_id"] == "mcExec1")
    yield {**known, "connection_id": name, "schema": name, "login": "postgres", "password": password}
    with stack.airflow() as airflow:
        airflow.delete_connection(name)
    with administrator(stack.places, stack.ports) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(database))


def connect_to(account: dict[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the database of a connection that :func:`new_account` has made."""
    return psycopg.connect(
        host=account["host"],
        port=account["port"],
        user=account["login"],
        password=account["password"],
        dbname=account["schema"],
        autocommit=True,
    )


def environment(state: Path, ports: Ports) -> dict[str, str]:
    numbers = {variable: str(getattr(ports, name)) for name, variable in PORT_VARIABLES.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {**inherited, **numbers, "MESSAGE_CENTER_STATE": str(state)}


@contextmanager
def state_folder() -> Iterator[Path]:
    """A folder for a stack's state. Not below pytest's own, which the next run of pytest closes to all but root."""
    with tempfile.TemporaryDirectory(prefix="message-center-") as folder:
        yield Path(folder) / "state"


def running_stack(state: Path) -> Iterator[Running]:
    """Yield a started stack and end it, whatever happens to the tests."""
    running = Running(state, free_ports())
    try:
        yield running.wait_until_up()
    finally:
        running.end()
