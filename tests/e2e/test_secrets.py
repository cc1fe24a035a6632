"""What others on the machine can see of the running stack: no secret, no person's address, no open port."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from message_center.local import private
from message_center.local.supervision import Supervisor
from support.stack import Running

BARE = ("postgres", "smtp-sink")


def values(stack: Running) -> set[str]:
    return set(json.loads((stack.paths.state / "secrets.json").read_text()).values())


def environment_of(stack: Running, program: str) -> str:
    return Path(f"/proc/{Supervisor(stack.paths).pid(program)}/environ").read_text()


def test_everything_listens_on_this_machine_only(working: Running) -> None:
    listening = set()
    for process in working.processes():
        with suppress(psutil.NoSuchProcess):
            listening |= {each.laddr for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
    ports = working.ports
    assert {address.ip for address in listening} == {"127.0.0.1"}
    expected = {ports.airflow, ports.postgres, ports.smtp, ports.log_server, ports.intake, ports.webhook}
    assert {address.port for address in listening} == expected


def test_no_command_shows_a_secret(working: Running) -> None:
    shown = []
    for process in working.processes():
        with suppress(psutil.NoSuchProcess):
            shown.append(" ".join(process.cmdline()))
    assert not [command for command in shown for value in values(working) if value in command]


@pytest.mark.parametrize("program", BARE)
def test_postgres_and_the_sink_get_no_secret_of_ours_and_none_of_the_users(working: Running, program: str) -> None:
    environment = environment_of(working, program)
    assert "PATH=" in environment
    assert not [value for value in values(working) if value in environment]
    assert "AIRFLOW" not in environment
    assert "MESSAGE_CENTER" not in environment


def test_every_file_is_its_owners_alone(working: Running) -> None:
    """Even where the umask lets others read, and an older version has left its folders open."""
    paths = working.paths
    folders = [paths.log, paths.run, paths.messages.parent, paths.airflow_home]
    found = [path for folder in (*folders, paths.state) for path in (folder, *folder.rglob("*")) if path.is_file()]
    found += [path for folder in folders for path in (folder, *folder.rglob("*")) if path.is_dir()]
    data = [path for path in found if path.is_relative_to(paths.database_folder)]
    open_to_others = [str(path) for path in set(found) - set(data) if path.stat().st_mode & private.UMASK]
    assert open_to_others == []
    assert paths.database_folder.stat().st_mode & private.UMASK == 0
    assert {paths.password_file, paths.messages} <= set(found)
