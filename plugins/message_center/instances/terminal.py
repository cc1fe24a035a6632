"""What commands on an instance have in common: for people with a login of their own, and no Airflow."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from message_center.errors import one_line
from message_center.instances.cursors import DiscreetCursor, without_values
from message_center.instances.transient import is_unready
from message_center.moments import read_all_moments
from message_center.workflows import ARCHIVING

URI_VARIABLE = "MESSAGE_CENTER_EXECUTION_URI_"

# Names, reasons and URLs are what people have written, and no markup: a "[" in one hides nothing, and stops nothing.
AS_IT_IS: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}

told = Console(stderr=True, **AS_IT_IS)

AccountOption = Annotated[
    str, typer.Option("--account", help=f"The account; {URI_VARIABLE}<account> says where it is.", show_default=False)
]


@contextlib.contextmanager
def connected(account: str) -> Iterator[psycopg.Connection[Any]]:
    """
    Lend a connection to an account's database, in one transaction.

    :raises typer.Exit: if there is none, or it refuses what it is asked; that has been told.
    """
    uri = os.environ.get(f"{URI_VARIABLE}{account}")
    if not uri:
        told.print(f'{URI_VARIABLE}{account} is not set. Set it to the URI of its database, or: eval "$(make env)"')
        raise typer.Exit(1)
    try:
        with psycopg.connect(uri, cursor_factory=DiscreetCursor) as connection:
            read_all_moments(connection)
            yield connection
    except psycopg.Error as error:
        told.print(f"{without_values(error)}{remedy_of(error, account)}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None


def remedy_of(error: psycopg.Error, account: str) -> str:
    """Return what to do about an error: what its instance or login lacks, or what its own hint says."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f". Sign in to {account} as somebody who has the role of an operator"
    if is_unready(error):
        return f". Let {ARCHIVING.dag_id(account)} run: it makes the instance ready"
    return f". {error.diag.message_hint}" if error.diag.message_hint else ""


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]], width: int) -> None:
    """
    Print rows as they are.

    :param width: where the output is no terminal.
    """
    table = Table(*columns)
    for row in rows:
        table.add_row(*(one_line("" if cell is None else cell) for cell in row))
    Console(width=None if told.is_terminal else width, **AS_IT_IS).print(table)
