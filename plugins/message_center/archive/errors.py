"""What may go wrong with an archive stream, in words that say what to do."""

from __future__ import annotations

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


class ArchiveError(RuntimeError):
    """A stream that could not be archived. Its watermark stands where the last committed chunk left it."""

    def __init__(self, account: str, stream: Stream, problem: str, remedy: str) -> None:
        super().__init__(f"Account {account}, stream {stream.name}: {problem.rstrip('. ')}. {remedy}")
        self.account = account
        self.stream = stream
        self.remedy = remedy


def explained(account: str, stream: Stream, error: psycopg.Error) -> ArchiveError:
    """Put a database error into the stream's terms."""
    problem = one_line(error) or type(error).__name__
    remedy = next(
        (text for kind, text in _REMEDIES if isinstance(error, kind)),
        "The other streams go on; see the databases' logs.",
    )
    return ArchiveError(account, stream, problem, remedy)
