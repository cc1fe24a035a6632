"""
What a database says of an error, without what its rows hold: that is somebody's address, and errors go into logs.

It is kept out where errors come from, so that no log line, heartbeat, task or traceback has to think of it. The
server's own log has all of it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import Row

from message_center.errors import one_line

_COLUMN = re.compile(r"\bcolumn (\w+)")
# Names and syntax: they tell of a statement, whose author wants to see where.
_OF_A_STATEMENT = "42"
# Data: their messages have the value in them.
_OF_A_VALUE = "22"


def without_values(error: psycopg.Error) -> str:
    """Return what a database error says, without what a row holds."""
    if error.sqlstate is None or error.diag.message_primary is None:
        return one_line(error) or type(error).__name__
    if not error.sqlstate.startswith(_OF_A_VALUE):
        # What the others say of values is in their details.
        return one_line(error.diag.message_primary)
    # The name of the error has no value in it, as "numeric value out of range".
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    column = error.diag.column_name or next(iter(_COLUMN.findall(error.diag.context or "")), None)
    return f"{words} in column {column}" if column else words


@contextmanager
def values_kept_out() -> Iterator[None]:
    """Let the text of a database error, which tracebacks have too, say nothing of values; what it is stays the same."""
    try:
        yield
    except psycopg.Error as error:
        if not (error.sqlstate or _OF_A_STATEMENT).startswith(_OF_A_STATEMENT):
            error.args = ("\n".join(filter(None, (without_values(error), error.diag.message_hint))),)
        raise


class DiscreetCursor(psycopg.Cursor[Row]):
    """A cursor whose errors have no values in their text."""

    def execute(self, *args: Any, **settings: Any) -> DiscreetCursor[Row]:
        """Execute a statement."""
        with values_kept_out():
            return super().execute(*args, **settings)

    def executemany(self, *args: Any, **settings: Any) -> None:
        """Execute a statement with many sets of parameters."""
        with values_kept_out():
            super().executemany(*args, **settings)

    @contextmanager
    def copy(self, *args: Any, **settings: Any) -> Iterator[psycopg.Copy]:
        """Copy rows in or out."""
        with values_kept_out(), super().copy(*args, **settings) as rows:
            yield rows


class AsyncDiscreetCursor(psycopg.AsyncCursor[Row]):
    """The same for windows."""

    async def execute(self, *args: Any, **settings: Any) -> AsyncDiscreetCursor[Row]:
        """Execute a statement."""
        with values_kept_out():
            return await super().execute(*args, **settings)

    async def executemany(self, *args: Any, **settings: Any) -> None:
        """Execute a statement with many sets of parameters."""
        with values_kept_out():
            await super().executemany(*args, **settings)

    @asynccontextmanager
    async def copy(self, *args: Any, **settings: Any) -> AsyncIterator[psycopg.AsyncCopy]:
        """Copy rows in or out."""
        with values_kept_out():
            async with super().copy(*args, **settings) as rows:
                yield rows
