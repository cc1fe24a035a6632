"""What may go wrong with an archive stream, in words that say what to do."""

from __future__ import annotations

import psycopg
from psycopg import errors

from message_center.archive.streams import Stream
from message_center.instances.cursors import without_values

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
