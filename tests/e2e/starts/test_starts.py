"""Starting and stopping: nothing is left behind but the data."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from message_center.local.paths import Paths
from message_center.local.supervision import Supervisor, socket_file
from support.ports import free_ports
from support.process import left_of
from support.stack import COMMAND, Running, state_folder
from support.waiting import until

COMPONENTS = {"postgres", "smtp-sink", "api-server", "log-server", "scheduler", "dag-processor", "triggerer"}


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """One state folder for all the starts of this file: it has to survive them."""
    with state_folder() as state:
        yield state
        # What a killed one leaves running, where the next start has not taken over.
        Supervisor(Paths(state)).stop()


@pytest.fixture(scope="module")
def starts() -> list[str]:
    """What each start so far has left in that folder's control database."""
    return []


def wait_until_starting(running: Running) -> None:
    """Wait until all components are started, and none is up."""
    supervisor = Supervisor(running.paths)
    until("the triggerer started", lambda: supervisor.is_running() and supervisor.pid("triggerer"), 360)


def leave_a_trace(running: Running, starts: list[str], name: str) -> list[str]:
    """Write a start into the control database; return all that are there."""
    starts.append(name)
    with running.connect("message_center_control") as connection:
        connection.execute("create table if not exists public.start (number serial, said text)")
        connection.execute("insert into public.start (said) values (%s)", [name])
        return [said for (said,) in connection.execute("select said from public.start order by number")]


@pytest.mark.parametrize(
    ("wait", "number"),
    [
        (wait_until_starting, signal.SIGTERM),
        (wait_until_starting, signal.SIGHUP),
        (Running.wait_until_up, signal.SIGKILL),
    ],
    ids=["starting-TERM", "starting-HUP", "up-KILL"],
)
def test_the_end_of_make_leaves_nothing_but_the_data(
    state: Path, starts: list[str], wait: Callable[[Running], object], number: signal.Signals
) -> None:
    running = Running(state, free_ports(), "make", "start")
    try:
        wait(running)
        kept = leave_a_trace(running, starts, f"ended by {number}")
        processes = running.processes()
        assert len(processes) > len(COMPONENTS)
        running.end(number)
    finally:
        running.end()
    assert not left_of(processes, 60)
    assert not socket_file(running.paths).exists()
    assert kept == starts


def test_next_start_takes_over_from_a_killed_one_until_ctrl_c_and_clean_removes_all(
    state: Path, starts: list[str]
) -> None:
    first = Running(state, free_ports())
    wait_until_starting(first)
    left = [process for process in first.processes() if process.pid != first.process.pid]
    first.end(signal.SIGKILL)
    assert Supervisor(first.paths).is_running()

    again = Running(state, first.ports)
    try:
        again.wait_until_up()
        assert not left_of(left, 5)
        assert leave_a_trace(again, starts, "took over") == starts
        refused = Running(state, first.ports, *COMMAND, "clean")
        assert refused.process.wait(120) == 1
        processes = again.processes()
        assert again.end(signal.SIGINT) == 0
    finally:
        again.end()
    assert not left_of(processes, 60)
    assert not socket_file(again.paths).exists()
    cleaned = Running(state, first.ports, *COMMAND, "clean")
    assert cleaned.process.wait(120) == 0
    assert not state.exists()


@pytest.mark.parametrize(
    ("attribute", "variable"),
    [
        ("airflow", "MESSAGE_CENTER_PORT"),
        ("log_server", "MESSAGE_CENTER_PORT"),
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
        assert running.process.wait(120) == 1
    said = " ".join(running.text().split())
    assert f"Port {getattr(ports, attribute)} " in said
    assert f"Set {variable} to another port" in said
    assert not running.processes()
