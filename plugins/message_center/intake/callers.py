"""The command by which operators let callers in: ``message-center callers``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum
from typing import Annotated

import typer

from message_center.instances.terminal import AccountOption, connected, print_table, told
from message_center.intake import admission
from message_center.intake.admission import MAX_EVENTS_PER_SECOND, MAX_OVERLAP_HOURS, Caller, CallerError
from message_center.intake.keys import new_secret
from message_center.sql import statement

app = typer.Typer(
    help="Let callers in through the doors of an execution instance, or shut them out.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


class Scope(str, Enum):
    """What a caller may do."""

    push = "push"
    read = "read"
    act = "act"


class Queue(str, Enum):
    """A queue that a caller may push to."""

    rt = "rt"
    batch = "batch"


Name = Annotated[str, typer.Argument(help="The caller's name: letters, digits, '_', '-' and '.'", show_default=False)]
OVERLAP = typer.Option(help="For how many hours the keys that it has stay good.", min=0, max=MAX_OVERLAP_HOURS)
RATE = typer.Option(help="That a process takes in.", min=1, max=MAX_EVENTS_PER_SECOND)


@app.command()
def add(
    name: Name,
    account: AccountOption,
    may: Annotated[list[Scope], typer.Option(help="What it may do; several times for several.")] = [  # noqa: B006
        Scope.push,
        Scope.read,
    ],
    event_type: Annotated[list[str] | None, typer.Option(help="The only event type that it may push.")] = None,
    queue: Annotated[list[Queue] | None, typer.Option(help="The only queue that it may push to.")] = None,
    max_events_per_second: Annotated[int | None, RATE] = None,
) -> None:
    """Add a caller, and print its secret: this once, and never again. Of one that is there, change what it may do."""
    new = new_secret()
    with _plain_errors(name), connected(account) as instance:
        scopes, queues = [each.value for each in may], [each.value for each in queue or ()]
        caller = Caller(name, scopes, event_type, queues, max_events_per_second)
        has_secret = bool(admission.keys_of(instance, name))
        caller.keep(instance)
        if not has_secret:
            admission.give_secret(instance, name, new, 0)
    if not has_secret:
        print(new)
    told.print(f"{name}: {'changed, its secret is as it was' if has_secret else 'added; keep its secret'}.")


@app.command()
def rotate(name: Name, account: AccountOption, overlap_hours: Annotated[float, OVERLAP] = 24) -> None:
    """Give a caller a new secret, and print it; those that it has stay good for a while."""
    new = new_secret()
    with _plain_errors(name), connected(account) as instance:
        if not admission.is_there(instance, name):
            raise CallerError("there is no such caller", "See: message-center callers list")
        admission.give_secret(instance, name, new, overlap_hours)
    print(new)
    told.print(f"{name}: its other secrets are good for {overlap_hours:g} hours.")


@app.command()
def secret() -> None:
    """Print a new secret that no instance knows yet: for an Airflow connection, from which manageCallers takes it."""
    print(new_secret())


@app.command("list")
def list_callers(account: AccountOption) -> None:
    """Show the callers, what each may do, and until when its keys are good."""
    with connected(account) as instance:
        found = instance.execute(statement("door/callers")).fetchall()
    columns = ("caller", "may", "event types", "queues", "events/s", "key", "good until")
    rows = (
        (name, *(", ".join(each) if each else "all" for each in (may, types, queues)), rate, key or "none", expires_at)
        for name, may, types, queues, rate, key, _, expires_at in found
    )
    print_table(columns, rows, width=140)


@app.command()
def remove(name: Name, account: AccountOption) -> None:
    """Shut a caller out, within seconds. Its events stay."""
    with connected(account) as instance:
        was_there = admission.remove(instance, name)
    told.print(f"{name}: {'removed' if was_there else 'there was none'}.")


@contextlib.contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    """Say what is wrong in words; nothing was done then."""
    try:
        yield
    except CallerError as error:
        told.print(f"{name}: {error}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None
