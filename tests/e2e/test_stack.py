"""Starting and stopping: nothing is left behind but the data."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from message_center.local.supervision import Supervisor, socket_file
from support.ports import free_ports
from support.stack import COMMAND, Running, environment, state_folder, until

COMPONENTS = {"postgres", "smtp-sink", "api-server", "scheduler", "dag-processor", "triggerer"}


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """One state folder for all the starts of this file: it has to survive them."""
    with state_folder() as state:
        yield state


@pytest.fixture(scope="module")
def starts() -> list[str]:
    """What each start so far has left in that folder's control database."""
    return []


def wait_until_starting(running: Running) -> None:
    """Wait until all components are started, and none is up."""
    supervisor = Supervisor(running.places)
    until("the triggerer started", lambda: supervisor.is_running() and supervisor.pid("triggerer"), 90)


@pytest.mark.parametrize(
    ("command", "wait", "number"),
    [
        (COMMAND, Running.wait_until_up, signal.SIGINT),
        (["make"], wait_until_starting, signal.SIGTERM),
        (["make"], wait_until_starting, signal.SIGHUP),
        (["make"], Running.wait_until_up, signal.SIGKILL),
    ],
    ids=["start-INT", "make-starting-TERM", "make-starting-HUP", "make-KILL"],
)
def test_end_leaves_nothing_but_the_data(
    state: Path,
    starts: list[str],
    command: list[str],
    wait: Callable[[Running], object],
    number: signal.Signals,
) -> None:
    running = Running(state, free_ports(), *command, "start")
    try:
        wait(running)
        starts.append(f"{command} {number}")
        with running.connect("message_center_control") as connection:
            connection.execute("create table if not exists public.start (number serial, said text)")
            connection.execute("insert into public.start (said) values (%s)", (starts[-1],))
            kept = connection.execute("select said from public.start order by number").fetchall()
        processes = running.processes()
        assert len(processes) > len(COMPONENTS)
        code = running.end(number)
    finally:
        running.end()

    assert command != COMMAND or code == 0
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert not [process.cmdline() for process in alive]
    assert not socket_file(running.places).exists()
    assert kept == [(start,) for start in starts]


def test_killed_component_comes_back(stack: Running) -> None:
    supervisor = Supervisor(stack.places)
    killed = {name: supervisor.pid(name) for name in ("triggerer", "smtp-sink")}
    children = psutil.Process(killed["triggerer"]).children(recursive=True)
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not [process.cmdline() for process in alive], "left behind by the killed triggerer"
    for name, pid in killed.items():
        until(f"a new {name}", lambda: supervisor.pid(name) not in (0, pid), 30)  # noqa: B023


def test_second_start_is_refused(stack: Running) -> None:
    second = Running(stack.places.state, free_ports())
    assert second.process.wait(30) == 1
    assert "is running already" in second.text()
    assert Supervisor(stack.places).is_running()


def test_next_start_takes_over_from_a_killed_one_and_clean_removes_all(state: Path) -> None:
    first = Running(state, free_ports()).wait_until_up()
    left = [process for process in first.processes() if process.pid != first.process.pid]
    first.end(signal.SIGKILL)
    assert Supervisor(first.places).is_running()

    again = Running(state, first.ports)
    try:
        again.wait_until_up()
        _, alive = psutil.wait_procs(left, timeout=5)
        assert not [process.cmdline() for process in alive]
        refused = Running(state, first.ports, *COMMAND, "clean")
        assert refused.process.wait(30) == 1
    finally:
        assert again.end() == 0
    cleaned = Running(state, first.ports, *COMMAND, "clean")
    assert cleaned.process.wait(30) == 0
    assert not state.exists()


@pytest.mark.parametrize(
    ("attribute", "variable"),
    [
        ("airflow", "MESSAGE_CENTER_PORT"),
        ("worker_log", "MESSAGE_CENTER_PORT"),
        ("postgres", "MESSAGE_CENTER_POSTGRES_PORT"),
        ("smtp", "MESSAGE_CENTER_SMTP_PORT"),
    ],
)
def test_taken_port_is_named(tmp_path: Path, attribute: str, variable: str) -> None:
    ports = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(ports, attribute)))
        taken.listen()
        running = Running(tmp_path / "state", ports)
        assert running.process.wait(30) == 1
    said = " ".join(running.text().split())
    assert f"Port {getattr(ports, attribute)} " in said
    assert f"Set {variable} to another port" in said
    assert not running.processes()


def test_environment_reaches_the_stack(stack: Running) -> None:
    script = (
        'eval "$("$@" env)" && psql -Atc "select current_user" "$MESSAGE_CENTER_EXECUTION_URI_mcExec1"'
        ' && psql -Atc "select current_user" "$MESSAGE_CENTER_CONTROL_URI" && airflow version'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND],
        env=environment(stack.places.state, free_ports()),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == ["mcExec1", "message_center_control"]
