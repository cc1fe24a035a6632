"""The command by which operators let callers in: ``message-center callers``."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from message_center.instances.terminal import AccountOption, connected, told
from message_center.intake.keys import digest_of, id_of, new_secret
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
OVERLAP = typer.Option(help="For how many hours the keys that it has stay good.", min=0)


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
    max_events_per_second: Annotated[int | None, typer.Option(help="That a process takes in.", min=1)] = None,
) -> None:
    """Add a caller, and print its secret: this once, and never again. Of one that is there, change what it may do."""
    queues = [each.value for each in queue] if queue else None
    with connected(account) as instance:
        known = {row[0] for row in instance.execute(statement("door/callers"))}
        scopes = [each.value for each in may]
        instance.execute(
            statement("door/set_caller"), [name, scopes, event_type or None, queues, max_events_per_second]
        )
        if name not in known:
            print(_new_key(instance, name, 0))
    told.print(f"{name}: {'changed, its secret is as it was' if name in known else 'added; keep its secret'}.")


@app.command()
def rotate(name: Name, account: AccountOption, overlap_hours: Annotated[float, OVERLAP] = 24) -> None:
    """Give a caller a new secret, and print it; those that it has stay good for a while."""
    with connected(account) as instance:
        print(_new_key(instance, name, overlap_hours * 3600))
    told.print(f"{name}: its other secrets are good for {overlap_hours:g} hours.")


@app.command()
def secret() -> None:
    """Print a new secret that no instance knows yet: for an Airflow connection, from which manageCallers takes it."""
    print(new_secret())


@app.command("list")
def list_callers(account: AccountOption) -> None:
    """Show the callers, what each may do, and until when its keys are good."""
    table = Table("caller", "may", "event types", "queues", "events/s", "key", "good until")
    with connected(account) as instance:
        for name, may, types, queues, rate, key, _, expires_at in instance.execute(statement("door/callers")):
            scope = [", ".join(each) if each else "all" for each in (may, types, queues)]
            table.add_row(name, *scope, str(rate or ""), key or "none", str(expires_at or ""))
    Console(width=None if told.is_terminal else 140).print(table)


@app.command()
def remove(name: Name, account: AccountOption) -> None:
    """Shut a caller out, within seconds. Its events stay."""
    with connected(account) as instance:
        row = instance.execute(statement("door/remove_caller"), [name]).fetchone()
    told.print(f"{name}: {'removed' if row and row[0] else 'there was none'}.")


def _new_key(instance: psycopg.Connection[Any], caller: str, overlap: float) -> str:
    secret = new_secret()
    try:
        instance.execute(statement("door/add_caller_key"), [caller, id_of(secret), digest_of(secret), overlap])
    except psycopg.errors.ForeignKeyViolation:
        told.print("There is no such caller. See: message-center callers list")
        raise typer.Exit(1) from None
    return secret
