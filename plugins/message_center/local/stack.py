"""The stack as one thing: set up, started, watched, and stopped without a trace but its data."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

import httpx

from message_center.local import connections, postgres, private
from message_center.local.airflow_api import AirflowApi
from message_center.local.components import bare, process_of, users_environment
from message_center.local.paths import PORT_VARIABLES, Paths, Ports, StackError
from message_center.local.settings import ADMIN, airflow_url
from message_center.local.supervision import Program, Supervisor

COMPONENTS = ("log-server", "scheduler", "dag-processor", "triggerer")
HEALTH_NAMES = ("metadatabase", "scheduler", "triggerer", "dag_processor")
Say = Callable[[str], None]


class Stack:
    """
    The local stack of one state folder.

    :param say: told in words what is going on.
    """

    def __init__(self, paths: Paths, ports: Ports, say: Say = print) -> None:
        self.paths, self.ports, self.say = paths, ports, say
        self.supervisor = Supervisor(paths)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return airflow_url(self.ports)

    def airflow(self) -> AirflowApi:
        return AirflowApi(self.url, ADMIN, self.paths.secrets["admin"])

    @contextmanager
    def running(self) -> Iterator[Stack]:
        """
        Start the stack, and stop it at the end, however that comes.

        :raises StackError: if the state folder is in use, a port is taken, or something doesn't start.
        """
        os.umask(private.UMASK)
        self.paths.make()
        with locked(self.paths):
            self._clear_leftovers()
            check_ports(self.ports)
            try:
                self._start()
                yield self
            finally:
                ignore_signals()
                self.say("Stopping …")
                self.supervisor.stop()
                if self._process:
                    self._process.wait()
                self.say("Stopped; the data is kept.")

    def _clear_leftovers(self) -> None:
        if self.supervisor.is_running() or self.supervisor.members():
            self.say("Stopping what an earlier start left running …")
            self.supervisor.stop()

    def _start(self) -> None:
        self.paths.keep_ports(self.ports)
        private.write(self.paths.password_file, json.dumps({ADMIN: self.paths.secrets["admin"]}))
        self.say("PostgreSQL …")
        postgres.make_cluster(self.paths)
        self._process = self.supervisor.launch(self._programs(), users_environment(self.paths))
        self.supervisor.start_group("database")
        postgres.wait_until_ready(self.paths, self.ports)
        postgres.make_databases(self.paths, self.ports)
        self._migrate_airflow()
        self.say("Airflow: api-server, scheduler, dag-processor, triggerer …")
        for group in ("receivers", "api", "airflow", "doors"):
            self.supervisor.start_group(group)
        self._wait_until_healthy()
        with self.airflow() as airflow:
            connections.register(airflow, self.paths, self.ports)

    def _programs(self) -> list[Program]:
        own = [sys.executable, "-m", "message_center.local.cli"]
        server = bare(postgres.command(self.paths, self.ports))
        sink = bare([*own, "sink", str(self.paths.messages), str(self.ports.smtp)])
        return [
            Program("database", "postgres", server, stop_signal="INT", user=postgres.system_user()),
            Program("receivers", "smtp-sink", sink),
            Program("receivers", "webhook-receiver", [*own, "component", "receiver"]),
            Program("doors", "intake", [*own, "component", "intake"]),
            # A group of its own, which stops after the tasks that report to it.
            Program("api", "api-server", [*own, "component", "api-server"]),
            *(Program("airflow", name, [*own, "component", name]) for name in COMPONENTS),
        ]

    def _migrate_airflow(self) -> None:
        marker = self.paths.run / "airflow-version"
        if marker.exists() and marker.read_text() == version("apache-airflow"):
            return
        self.say("Airflow's metadata database …")
        log = self.paths.log / "migrate.log"
        with log.open("wb") as output:
            command, environment = process_of("migration", self.paths, self.ports)
            done = subprocess.run(command, env=environment, stdout=output, stderr=output, cwd="/")
        if done.returncode:
            raise StackError(f"`airflow db migrate` failed; see {log}.")
        marker.write_text(version("apache-airflow"))

    def _wait_until_healthy(self, seconds: float = 600, say_after: float = 30) -> None:
        began = time.monotonic()
        with self.airflow() as airflow:
            while waiting := self._unhealthy(airflow):
                if (waited := time.monotonic() - began) > say_after:
                    self.say(f"Waiting for {waiting}, for {waited:.0f} s by now; logs are in {self.paths.log} …")
                    say_after += 30
                if waited > seconds:
                    raise StackError(f"Not healthy after {seconds:.0f} s: {waiting}; logs are in {self.paths.log}.")
                self.check()
                time.sleep(0.5)

    def _unhealthy(self, airflow: AirflowApi) -> str:
        try:
            health = airflow.health()
        except (httpx.HTTPError, ValueError):
            return "api-server"
        waiting = [name for name in HEALTH_NAMES if health[name]["status"] != "healthy"]
        if not waiting and not self.supervisor.all_running():
            return "the supervised processes"
        return ", ".join(waiting)

    def check(self) -> None:
        """
        Look whether everything still runs, and end what a killed component left behind.

        :raises StackError: if the supervisor is gone or has given a process up.
        """
        if self._process and self._process.poll() is not None:
            raise StackError(f"The supervisor has ended; see {self.paths.log / 'supervisord.log'}.")
        self.supervisor.end_orphans()
        if failed := self.supervisor.failed():
            logs = ", ".join(str(self.paths.log / f"{name}.log") for name in failed)
            raise StackError(f"Given up after several starts: {', '.join(failed)}; see {logs}.")


def ignore_signals() -> None:
    """Let no second Ctrl-C leave a stop half done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def locked(paths: Paths) -> Iterator[None]:
    """
    Hold the state folder.

    :raises StackError: if another start holds it.
    """
    with (paths.run / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StackError(
                f"The stack of {paths.state} is running already (process {file.read().strip()}). "
                "Stop that one first, or set MESSAGE_CENTER_STATE and the ports to run a second one."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_ports(ports: Ports) -> None:
    """
    See that every port is free.

    :raises StackError: naming the port that is taken, and the variable that moves it.
    """
    wanted = {variable: [getattr(ports, name)] for name, variable in PORT_VARIABLES.items()}
    wanted[PORT_VARIABLES["airflow"]].append(ports.log_server)
    for variable, numbers in wanted.items():
        for number in numbers:
            if not _is_free(number):
                base = "" if number == numbers[0] else f" (that of the log server: {variable} + {number - numbers[0]})"
                raise StackError(f"Port {number}{base} is taken. Set {variable} to another port and start again.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def clean(paths: Paths) -> None:
    """
    Remove all local state.

    :raises StackError: if the stack is running.
    """
    if not paths.state.exists():
        return
    if not (paths.state / "secrets.json").exists() and any(paths.state.iterdir()):
        raise StackError(f"{paths.state} doesn't look like a state folder of the stack; remove it by hand.")
    paths.run.mkdir(parents=True, exist_ok=True)
    with locked(paths):
        supervisor = Supervisor(paths)
        if supervisor.is_running() or supervisor.members():
            supervisor.stop()
        shutil.rmtree(paths.state)
