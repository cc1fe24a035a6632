"""What commands on an instance have in common: for people with a login of their own, and no Airflow."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from message_center.instances.cursors import DiscreetCursor, without_values

URI_VARIABLE = "MESSAGE_CENTER_EXECUTION_URI_"

told = Console(stderr=True, highlight=False)

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
            yield connection
    except psycopg.Error as error:
        told.print(without_values(error), style="red", markup=False)
        raise typer.Exit(1) from None
