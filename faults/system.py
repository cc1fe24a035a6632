"""The system under test: a stack, with the execution and the control database on servers of their own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from faults import mounting
from faults.cluster import Cluster
from faults.load import Load
from faults.proxy import Proxy
from message_center.local.airflow_api import AirflowError
from message_center.local.connections import SMTP
from message_center.local.paths import CONTROL_DATABASE
from message_center.local.supervision import Supervisor
from message_center.workflows import ARCHIVING, PUBLISH
from support.accounts import delete_demo_accounts
from support.ports import free_port
from support.stack import Running
from support.waiting import Found, until
from support.workflows import is_live, start_workflows, succeed

ACCOUNT = "mcFault"
# Its events' ids are not those of another account that has sent through the stack's SMTP server.
IDENTIFIER = 100
ARCHIVING_DAG = ARCHIVING.dag_id(ACCOUNT)

TaskStates = Mapping[str, str | None]


@dataclass(frozen=True)
class Settings:
    """
    How hard and how long.

    :param rate: events a second.
    :param hold_seconds: how long a lock is held, the network cut or delayed, the clock wrong.
    :param outage_seconds: how long "stopped for a minute" lasts.
    """

    rate: float = 278.0
    hold_seconds: float = 30.0
    outage_seconds: float = 60.0


LIGHT = Settings(rate=50, hold_seconds=4, outage_seconds=5)
"""What the smoke test takes."""


class System:
    """
    The stack, with one account whose workflows run and whose templates are published.

    Three PostgreSQL servers: Airflow's metadata stays on the stack's own; control and execution get one each, so that
    each can fail alone. Airflow reaches the execution database through a proxy, the sender reaches it directly.

    :param running: the stack; its accounts go away, and nothing else can use it any more.
    """

    def __init__(self, settings: Settings, running: Running, resources: ExitStack) -> None:
        self.settings, self.running, self._resources = settings, running, resources
        self.folder = running.paths.state.parent
        self.supervisor = Supervisor(self.running.paths)
        self.execution = self._cluster(ACCOUNT)
        self.small_disk = self.folder / "small_disk"
        self.no_small_disk = mounting.mount(self.small_disk, resources)
        self.control = self._cluster(CONTROL_DATABASE, None if self.no_small_disk else self.small_disk)
        self.proxy = resources.enter_context(Proxy(free_port(), self.execution.ports.postgres))

    def _cluster(self, database: str, disk: Path | None = None) -> Cluster:
        cluster = Cluster(self.folder / database, free_port(), database)
        self._resources.callback(cluster.stop)
        return cluster.make(disk)

    def set_up(self) -> System:
        """Wait until Airflow is up, make the account, start its workflows, publish the templates."""
        self.running.wait_until_up()
        with self.running.airflow() as airflow:
            delete_demo_accounts(airflow)
            control = self.control
            airflow.change_connection(CONTROL_DATABASE, port=control.ports.postgres, password=control.password)
            airflow.add_connection(self._connection())
            start_workflows(airflow, ACCOUNT)
            with self.execution.connect() as connection:
                until(f"{ACCOUNT} in its windows", lambda: is_live(connection), 90)
            succeed(airflow, PUBLISH.name, airflow.trigger(PUBLISH.name))
        return self

    def _connection(self) -> dict[str, Any]:
        return {
            "connection_id": ACCOUNT,
            "conn_type": "message_center_execution",
            "host": "127.0.0.1",
            "port": self.proxy.port,
            "login": ACCOUNT,
            "password": self.execution.password,
            "schema": ACCOUNT,
            "extra": json.dumps({"smtp_conn_id": SMTP, "instance_identifier": IDENTIFIER}),
        }

    def load(self, label: str) -> Load:
        """Return a load of events under a label, not yet started."""
        return Load(self.execution.uri, label, self.settings.rate, self.folder)

    def archive(self, **params: Any) -> str:
        """Trigger an archiving run and return its id."""
        with self.running.airflow() as airflow:
            return airflow.trigger(ARCHIVING_DAG, **params)

    def archived(self, run_id: str) -> bool:
        """Whether an archiving run has succeeded; ``False`` too while Airflow can't be asked."""
        with suppress(httpx.HTTPError, AirflowError), self.running.airflow() as airflow:
            return bool(airflow.run(ARCHIVING_DAG, run_id)["state"] == "success")
        return False

    def task_states(self, run_id: str) -> TaskStates:
        """Return the state of each task of an archiving run."""
        with self.running.airflow() as airflow:
            return {task["task_id"]: task["state"] for task in airflow.task_instances(ARCHIVING_DAG, run_id)}

    def wait_for_tasks(self, run_id: str, what: str, are_reached: Callable[[TaskStates], bool]) -> None:
        """
        Wait until the states of an archiving run's tasks are as wished.

        :raises AssertionError: if they aren't in time; says what they are.
        """
        if not self.patiently(what, lambda: are_reached(self.task_states(run_id)), 120):
            raise AssertionError(f"{ARCHIVING_DAG}: not {what}, but {self.task_states(run_id)}")

    def has_beaten_since(self, component: str, since: datetime) -> bool:
        """Whether a component of Airflow has given a sign of life; ``False`` too while nobody can be asked."""
        name = component.replace("-", "_")
        with suppress(httpx.HTTPError, AirflowError), self.running.airflow() as airflow:
            health = airflow.health()
            if component == "api-server":
                return True
            beat = health[name][f"latest_{name}_heartbeat"]
            return bool(beat) and datetime.fromisoformat(beat.replace("Z", "+00:00")) > since
        return False

    def patiently(self, what: str, look: Callable[[], Found], seconds: float, poll: float = 0.5) -> Found | None:
        """Return the first true value of ``look``, whatever is down meanwhile; ``None`` if there is none in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.running.process.poll() is None, self.running.text()
            with suppress(psycopg.Error, httpx.HTTPError, AirflowError):
                if found := look():
                    return found
            time.sleep(poll)
        print(f"  not within {seconds:.0f} s: {what}")
        return None


def kill(*pids: int) -> None:
    """Kill processes as an operator's ``kill -9`` or the kernel's out-of-memory killer does."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)


def owner_of(port: int) -> psutil.Process:
    """Return the process that has a connection from a local port."""
    for found in psutil.net_connections("tcp"):
        if found.laddr and found.laddr.port == port and found.pid:
            return psutil.Process(found.pid)
    raise AssertionError(f"no process has a connection from port {port}")
