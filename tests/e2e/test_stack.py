"""The running stack itself: components that are killed, a second start, and the environment that reaches it."""

from __future__ import annotations

import os
import signal
import subprocess

import psutil

from message_center.local.supervision import Supervisor
from support.ports import free_ports
from support.process import left_of
from support.stack import COMMAND, Running, environment
from support.waiting import until


def test_killed_component_comes_back(stack: Running) -> None:
    supervisor = Supervisor(stack.paths)
    killed = {name: supervisor.pid(name) for name in ("triggerer", "smtp-sink")}
    children = psutil.Process(killed["triggerer"]).children(recursive=True)
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    assert not left_of(children, 15), "left behind by the killed triggerer"
    for name, pid in killed.items():
        until(f"a new {name}", lambda: supervisor.pid(name) not in (0, pid), 30)  # noqa: B023


def test_second_start_is_refused(stack: Running) -> None:
    second = Running(stack.paths.state, free_ports())
    assert second.process.wait(120) == 1
    assert "is running already" in second.text()
    assert Supervisor(stack.paths).is_running()


def test_environment_reaches_the_stack(stack: Running) -> None:
    script = (
        'eval "$("$@" env)" && psql -Atc "select current_user" "$MESSAGE_CENTER_EXECUTION_URI_mcExec1"'
        ' && psql -Atc "select current_user" "$MESSAGE_CENTER_CONTROL_URI"'
        ' && psql -Atc "select current_user" "$MESSAGE_CENTER_SUPERUSER_URI" && airflow version'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND],
        env=environment(stack.paths.state, free_ports()),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["mcExec1", "message_center_control", "postgres"]
