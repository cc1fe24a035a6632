"""Which errors of a database pass by themselves: told by SQLSTATE, here and nowhere else."""

from __future__ import annotations

import re

import psycopg

# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING_CLASSES = frozenset(
    {
        "08",  # connection exception
        "40",  # transaction rollback: deadlock, serialization
        "53",  # insufficient resources: memory, connections; a full disk until somebody makes room
        "57",  # operator intervention: shutdown, crash of another session, a statement that took too long
        "58",  # system error: input and output
    }
)
PASSING_STATES = frozenset(
    {
        "25006",  # read-only: a fail-over is under way
        "25P02",  # the transaction has failed before: seen by whoever was in it
        "25P03",  # idle in transaction for too long
        "25P04",  # the transaction took too long
        "55006",  # object in use
        "55P03",  # lock not available
        "XX000",  # a function was replaced while it was called: cache lookup failed
    }
)
OF_THE_DATA_CLASSES = frozenset(
    {
        "22",  # data exception
        "23",  # integrity constraint: one of somebody's own
        "54",  # program limit exceeded: too large, too deep
    }
)
UNREADY_CLASSES = frozenset(
    {
        "3D",  # no such database
        "3F",  # no such schema
        "42",  # no such table, column or function, or no right to it
        "55",  # not registered
    }
)
RAISED = "P0001"  # by somebody's own trigger
# What a server says to who signs in wrongly: the client has no SQLSTATE of it, but these words, if they are English.
# Classes 28, 3D and 42 of the appendix; what is told in another language counts as passing.
REFUSED_LOGIN = re.compile(
    r"password authentication failed|no password supplied|pg_hba\.conf|is not permitted to log in"
    r"|(?:role|database) \".*\" does not exist|permission denied for database"
)


def passes_by_itself(error: psycopg.Error) -> bool:
    """Tell whether the same may well succeed a little later, on a new connection, with nobody doing anything."""
    if error.sqlstate is None:
        # Told by the client: the connection broke, or could not be made.
        is_of_the_connection = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return is_of_the_connection and not REFUSED_LOGIN.search(str(error))
    return error.sqlstate[:2] in PASSING_CLASSES or error.sqlstate in PASSING_STATES


def is_unready(error: psycopg.Error) -> bool:
    """Tell whether a call fails for what an instance lacks, whatever it brings: until it is upgraded or registered."""
    return error.sqlstate is not None and error.sqlstate[:2] in UNREADY_CLASSES and not passes_by_itself(error)


def is_of_the_data(error: psycopg.Error) -> bool:
    """Tell whether a call fails for what it brings: other data, or less of it, would be taken."""
    return error.sqlstate is not None and (error.sqlstate == RAISED or error.sqlstate[:2] in OF_THE_DATA_CLASSES)
