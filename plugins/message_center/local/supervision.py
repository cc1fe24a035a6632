"""The processes of the stack, under supervisord: their order, their restarts, and their end."""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from message_center.local.paths import Paths, StackError

GIVEN_UP = ("FATAL", "UNKNOWN")


@dataclass(frozen=True)
class Program:
    """One supervised process. Groups start in the order given, and stop in the opposite one."""

    group: str
    name: str
    command: Sequence[str]
    stop_signal: str = "TERM"
    user: str | None = None


def socket_file(paths: Paths) -> Path:
    """Return the control socket: in a short folder, since the path of a socket may not be long."""
    name = hashlib.sha256(str(paths.state).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"message-center-{os.geteuid()}-{name}.sock"


def configuration(paths: Paths, programs: Sequence[Program]) -> configparser.RawConfigParser:
    """Return what supervisord is told."""
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "pidfile": str(paths.run / "supervisord.pid"),
        "logfile": str(paths.log / "supervisord.log"),
        "childlogdir": str(paths.log),
    }
    if os.geteuid() == 0:
        config["supervisord"]["user"] = "root"
    config["unix_http_server"] = {"file": str(socket_file(paths)), "chmod": "0600"}
    interface = "supervisor.rpcinterface:make_main_rpcinterface"
    config["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": interface}
    for program in programs:
        config[f"program:{program.name}"] = _section(paths, program)
    for priority, group in enumerate(dict.fromkeys(program.group for program in programs), start=1):
        members = ",".join(program.name for program in programs if program.group == group)
        config[f"group:{group}"] = {"programs": members, "priority": str(priority)}
    return config


def _section(paths: Paths, program: Program) -> dict[str, str]:
    section = {
        "command": shlex.join(program.command),
        "directory": "/",
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "5",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": "20",
        "stopasgroup": str(program.stop_signal == "TERM").lower(),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(paths.log / f"{program.name}.log"),
        "stdout_logfile_maxbytes": "50MB",
        "stdout_logfile_backups": "1",
    }
    if program.user:
        section["user"] = program.user
    return {name: value.replace("%", "%%") for name, value in section.items()}


class Supervisor:
    """Talks to the supervisord of one state folder."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def call(self, method: str, *arguments: Any) -> Any:
        # A transport whose request failed can't be used again: each call gets its own.
        transport = SupervisorTransport(None, None, f"unix://{socket_file(self.paths)}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def is_running(self) -> bool:
        try:
            self.call("getState")
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def launch(self, programs: Sequence[Program], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start supervisord in a session of its own: Ctrl-C reaches only the starter, which ends all."""
        file = self.paths.run / "supervisord.conf"
        with file.open("w") as stream:
            configuration(self.paths, programs).write(stream)
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(file)],
            env=dict(environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.paths.log / "supervisord.err").open("wb"),
            start_new_session=True,
        )
        (self.paths.run / "session").write_text(str(process.pid))
        self._wait(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 20
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > end:
                raise StackError(f"The supervisor did not start; see {self.paths.log / 'supervisord.err'}.")
            time.sleep(0.05)

    def start_group(self, group: str) -> None:
        self.call("startProcessGroup", group, False)

    def failed(self) -> list[str]:
        """Return the processes that the supervisor has given up."""
        return [info["name"] for info in self.call("getAllProcessInfo") if info["statename"] in GIVEN_UP]

    def all_running(self) -> bool:
        return all(info["statename"] == "RUNNING" for info in self.call("getAllProcessInfo"))

    def pid(self, program: str) -> int:
        """Return the process id of a program, 0 if it isn't running."""
        return next(int(info["pid"]) for info in self.call("getAllProcessInfo") if info["name"] == program)

    def stop(self, seconds: float = 75) -> None:
        """Stop everything, PostgreSQL last, and make sure that no process is left."""
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            self.call("shutdown")
            end = time.monotonic() + seconds
            while self._leads() and time.monotonic() < end:
                time.sleep(0.1)
        self.sweep()

    def _leads(self) -> bool:
        """Whether supervisord itself is there: while it stops the others, it answers no question."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self._session_id()).status() != psutil.STATUS_ZOMBIE
        return False

    def _session_id(self) -> int:
        file = self.paths.run / "session"
        return int(file.read_text()) if file.exists() else 0

    def sweep(self) -> None:
        """End what a killed supervisor left running: the members of its session, PostgreSQL included."""
        left = self.members()
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate() if process.name() != "postgres" else process.send_signal(signal.SIGINT)
        _, alive = psutil.wait_procs(left, timeout=20)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=5)

    def end_orphans(self) -> None:
        """
        End what a killed component left behind; supervisord restarts the component, and forgets its children.

        The forked workers of a scheduler hold its database session open, with the locks of its last transaction,
        and its successor would wait for them.
        """
        for process in self.members():
            with contextlib.suppress(ProcessLookupError):
                if not psutil.pid_exists(os.getpgid(process.pid)):
                    os.kill(process.pid, signal.SIGKILL)

    def members(self) -> list[psutil.Process]:
        """Return the processes of the last supervisor's session, which every descendant stays in."""
        session = self._session_id()
        return [process for process in psutil.process_iter() if session and _session(process.pid) == session]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None
