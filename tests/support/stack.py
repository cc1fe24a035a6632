"""A stack as its user has it: a process of its own, with a folder and ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from message_center.local.airflow_api import AirflowApi, AirflowError
from message_center.local.paths import PORT_VARIABLES, Paths, Ports, StackError
from message_center.local.settings import ADMIN, airflow_url
from message_center.local.supervision import Supervisor
from support.folders import new_folder
from support.ports import free_ports
from support.process import REPOSITORY, inherited_environment
from support.waiting import until

# What one of several faults or measurements may run into when it doesn't go as planned; the others go on.
BROKEN = (AssertionError, OSError, subprocess.SubprocessError, psycopg.Error, StackError, AirflowError, httpx.HTTPError)

COMMAND = [sys.executable, "-m", "message_center.local.cli"]
# Whatever becomes of the tests' process, its stack ends with it.
START = [*COMMAND, "start", "--follow-parent"]


class Running:
    """`message-center start` (or another command of it) under test."""

    def __init__(self, state: Path, ports: Ports, *command: str) -> None:
        self.paths, self.ports = Paths(state), ports
        number, name = tempfile.mkstemp(".out", dir=state.parent)
        self.output = Path(name)
        with os.fdopen(number, "wb") as output:
            self.process = subprocess.Popen(
                command or START,
                cwd=REPOSITORY,
                env=environment(state, ports),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0,  # the most careless user's: what is private is so all the same
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_until_up(self, seconds: float = 360) -> Running:
        def is_up() -> bool:
            assert self.process.poll() is None, self.text()
            return "What next" in self.text()

        until(f"the stack up; it says:\n{self.text()}", is_up, seconds)
        return self

    def airflow(self) -> AirflowApi:
        # Several stacks start at a time, with many imports each: an answer may have to wait for a processor.
        return AirflowApi(airflow_url(self.ports), ADMIN, self.paths.secrets["admin"], timeout=120)

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.paths.uri(database, self.ports), autocommit=True)

    def processes(self) -> list[psutil.Process]:
        """Return every process of the stack: the starter, the supervisor's session, PostgreSQL's own."""
        roots = Supervisor(self.paths).members()
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
        return self.process.wait(180)


def environment(state: Path, ports: Ports) -> dict[str, str]:
    numbers = {variable: str(getattr(ports, name)) for name, variable in PORT_VARIABLES.items()}
    return {**inherited_environment(), **numbers, "MESSAGE_CENTER_STATE": str(state)}


@contextmanager
def state_folder() -> Iterator[Path]:
    """A folder for a stack's state."""
    with new_folder() as folder:
        yield folder / "state"


@contextmanager
def new_stack(state: Path) -> Iterator[Running]:
    """Yield a stack that is starting, and end it, whatever happens to the tests."""
    running = Running(state, free_ports())
    try:
        yield running
    finally:
        running.end()
