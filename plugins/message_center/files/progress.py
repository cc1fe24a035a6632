"""How far a file has come, as its instance keeps it: in the transactions of the file's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.files.errors import FileError
from message_center.intake.lines import MAX_LINES
from message_center.sql import statement

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Progress:
    """
    What is known of a file.

    :param records: how many of its records are through.
    :param digest: the SHA-256 of those.
    :param is_read: whether these are all; then what is left is to put it away.
    """

    id: int
    begun_at: datetime
    records: int
    accepted: int
    rejected: int
    digest: bytes | None
    is_read: bool

    @property
    def counts(self) -> dict[str, int]:
        return {"accepted": self.accepted, "rejected": self.rejected}

    def after(self, records: int, rejected: int, digest: bytes) -> Progress:
        """Return what is known once some more records are through."""
        return replace(
            self,
            records=self.records + records,
            accepted=self.accepted + records - rejected,
            rejected=self.rejected + rejected,
            digest=digest,
        )


def begin(connection: Connection, url: str) -> Progress:
    """Return how far a file has come; one that is not known begins."""
    cursor = connection.cursor(row_factory=class_row(Progress))
    found = cursor.execute(statement("execution/begin_import"), {"file": url}).fetchone()
    assert found is not None
    return found


def advance(connection: Connection, before: Progress, after: Progress, rejected: Mapping[int, str]) -> None:
    """
    Note that a set of records is through; in the transaction that pushes it.

    :param rejected: what tells of each record that is rejected, by its number.
    :raises FileError: if somebody else has gone on with the file.
    """
    changed = connection.execute(
        statement("execution/advance_import"),
        {"id": after.id, "before": before.records, "records": after.records, "digest": after.digest, **after.counts},
    )
    if not changed.rowcount:
        raise FileError("another run has gone on with it", "Let that run come to its end")
    if rejected:
        parameters = {"id": after.id, "record": list(rejected), "told": list(rejected.values())}
        connection.execute(statement("execution/reject_records"), parameters)


def end(connection: Connection, progress: Progress) -> None:
    """Note that a file has no more records."""
    connection.execute(statement("execution/end_of_import"), {"id": progress.id, "records": progress.records})


def rejected_lines(connection: Connection, progress: Progress) -> Iterator[str]:
    """Yield what tells of each record that was rejected, in the order of the file."""
    after, names = 0, {"id": progress.id, "max_records": MAX_LINES}
    while rows := connection.execute(statement("execution/rejected_records"), {**names, "after": after}).fetchall():
        yield from (told for _, told in rows)
        after = rows[-1][0]


def finish(connection: Connection, progress: Progress) -> None:
    """Note that a file was put away: another one may have its name."""
    connection.execute(statement("execution/finish_import"), {"id": progress.id})
