"""How the components are started, and what each finds in its environment: nothing secret that it has no use for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from message_center.local.paths import Paths, Ports
from message_center.local.settings import HOST, NEEDED_SECRETS, component_environment

COMPONENTS = tuple(NEEDED_SECRETS)

# What PostgreSQL and the sink get of the user's environment, in which there may be passwords.
HARMLESS = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Airflow's own log servers can't be told an address.
WITHOUT_LOG_SERVER = ("scheduler", "triggerer")


def bare(command: Sequence[str]) -> list[str]:
    """Return a command that begins with next to no environment."""
    kept = [f"{name}={os.environ[name]}" for name in HARMLESS if name in os.environ]
    return ["/usr/bin/env", "-i", *kept, "PYTHONUNBUFFERED=1", *command]


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
