"""How the components are started, and what each finds in its environment: nothing secret that it has no use for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from message_center.intake.settings import INSTANCES
from message_center.local.paths import DEMO_ACCOUNTS, Paths, Ports, door_login
from message_center.local.receiver import SECRET_VARIABLE
from message_center.local.settings import HOST, NEEDED_SECRETS, component_environment

COMPONENTS = tuple(NEEDED_SECRETS)

# What PostgreSQL and the sink get of the user's environment, in which there may be passwords.
HARMLESS = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Airflow's own log servers can't be told an address.
WITHOUT_LOG_SERVER = ("scheduler", "triggerer")


def harmless_environment() -> dict[str, str]:
    """Return what a process that is no part of Airflow gets of the user's environment."""
    return {name: os.environ[name] for name in HARMLESS if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


def bare(command: Sequence[str]) -> list[str]:
    """Return a command that begins with next to no environment."""
    return ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in harmless_environment().items()), *command]


def doors_process(paths: Paths, ports: Ports) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of the intake: the logins of the doors, and nothing of Airflow's."""
    uris = {account: paths.uri(account, ports, login=door_login(account)) for account in DEMO_ACCOUNTS}
    command = [sys.executable, "-m", "message_center.local.cli", "intake", "--port", str(ports.intake)]
    return command, {**harmless_environment(), INSTANCES: json.dumps(uris)}


def receiver_process(paths: Paths, ports: Ports) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of the receiver of webhooks: their secret, and nothing of Airflow's."""
    command = [sys.executable, "-m", "message_center.local.cli", "receiver"]
    command += [str(paths.webhook_messages), str(ports.webhook)]
    return command, {**harmless_environment(), SECRET_VARIABLE: paths.secrets["webhook"]}


def users_environment(paths: Paths) -> dict[str, str]:
    """Return the user's environment, without any other Airflow's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    return {**inherited, "PATH": path, "PYTHONUNBUFFERED": "1", "MESSAGE_CENTER_STATE": str(paths.state)}


def process_of(component: str, paths: Paths, ports: Ports) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of one of Airflow's components."""
    environment = users_environment(paths) | component_environment(component, paths, ports)
    return [sys.executable, "-m", *_arguments(component, ports)], environment


def _arguments(component: str, ports: Ports) -> list[str]:
    if component == "migration":
        return ["airflow", "db", "migrate"]
    if component == "log-server":
        where = ["--host", HOST, "--port", str(ports.log_server), "--no-access-log"]
        return ["uvicorn", "--factory", *where, "airflow.utils.serve_logs.log_server:get_app"]
    return ["airflow", component, *(["--skip-serve-logs"] if component in WITHOUT_LOG_SERVER else [])]
