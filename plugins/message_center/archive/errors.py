"""What may go wrong with an archive stream, in words that say what to do."""

from __future__ import annotations

import re

import psycopg
from psycopg import errors

from message_center.archive.streams import Stream
from message_center.errors import one_line

_REMEDIES: tuple[tuple[type[psycopg.Error], str], ...] = (
    (
        errors.LockNotAvailable,
        "Someone holds a lock on the archive table: see pg_locks on the control instance. "
        "The next try goes on where this one stopped.",
    ),
    (
        errors.UndefinedTable,
        "A table is missing: run the task initialize_connection of this workflow, which migrates both sides.",
    ),
    (
        errors.InsufficientPrivilege,
        "Grant the connections' users read access to schema message_center on the execution instance and all "
        "rights on schemas message_center and archive on the control instance.",
    ),
    (
        errors.DiskFull,
        "Free some space on that database's disk. The next try goes on where this one stopped.",
    ),
    (
        errors.DataError,
        "A column's type on the execution instance doesn't fit the archive's column of that name: bring both "
        "sides to the same version.",
    ),
    (
        psycopg.OperationalError,
        "Check that both databases are up and reachable. The next try goes on where this one stopped.",
    ),
)


# Data, integrity, limits of the program: classes of SQLSTATE (PostgreSQL, appendix A) that tell of a value.
_OF_A_ROW = ("22", "23", "54")
_COLUMN = re.compile(r"\bcolumn (\w+)")


class ArchiveError(RuntimeError):
    """A stream that could not be archived. Its watermark stands where the last committed chunk left it."""

    def __init__(self, account: str, stream: Stream, problem: str, remedy: str) -> None:
        super().__init__(f"Account {account}, stream {stream.name}: {problem.rstrip('. ')}. {remedy}")
        self.account = account
        self.stream = stream
        self.remedy = remedy


def explained(account: str, stream: Stream, error: psycopg.Error) -> ArchiveError:
    """Put a database error into the stream's terms."""
    remedy = next(
        (text for kind, text in _REMEDIES if isinstance(error, kind)),
        "The other streams go on; see the databases' logs.",
    )
    return ArchiveError(account, stream, without_values(error), remedy)


def is_of_a_row(error: psycopg.Error) -> bool:
    """Whether a row is to blame, and not the databases or the way between them."""
    return (error.sqlstate or "")[:2] in _OF_A_ROW


def without_values(error: psycopg.Error) -> str:
    """Return what a database error says, without what a row holds: that is somebody's address."""
    if error.sqlstate is None or error.diag.message_primary is None:
        return one_line(error) or type(error).__name__
    if not error.sqlstate.startswith("22"):
        # What the others say of values is in their details.
        return one_line(error.diag.message_primary)
    # Their messages have the value in them; the name of the error has not, as "numeric value out of range".
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    column = error.diag.column_name or next(iter(_COLUMN.findall(error.diag.context or "")), None)
    return f"{words} in column {column}" if column else words
