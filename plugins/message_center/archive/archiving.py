"""
How a stream is archived: what became visible since the watermark, in chunks, each with its progress in one
transaction of the control side. Cut anywhere and run again, nothing is lost and nothing is doubled.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from message_center.archive import watermark
from message_center.archive.chunks import Chunk, Reader, Writer, carry
from message_center.archive.columns import ColumnTypeError, columns
from message_center.archive.errors import ArchiveError
from message_center.archive.passes import Pass, plan
from message_center.archive.streams import Stream
from message_center.archive.watermark import Connection
from message_center.sql import statement

CHUNK_ROWS = 50_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ArchiveResult:
    """What one run of a stream brought; in a dry run, what it would bring."""

    rows: int = 0
    chunks: int = 0
    bytes: int = 0
    seconds: float = 0.0
    set_aside: int = 0
    """Rows that the archive could not take: see ``archive.set_aside_row``."""


def archive_stream(
    execution: Connection,
    control: Connection,
    account: str,
    stream: Stream,
    *,
    chunk_rows: int = CHUNK_ROWS,
    since: datetime | None = None,
    full: bool = False,
    dry_run: bool = False,
) -> ArchiveResult:
    """
    Bring what became visible in a table of the execution instance since the last time.

    :param execution: connection in autocommit mode, so that each chunk is a short transaction.
    :param control: connection in autocommit mode.
    :param chunk_rows: number of rows a transaction at most; fewer where rows are large.
    :param since: bring again what was modified at this moment or later, besides what is new.
    :param full: bring everything again.
    :param dry_run: count, and write nothing.
    :raises ArchiveError: if another run is archiving the same stream of the account, a column's values would change, or
        so many rows cannot be carried that it is not they that are to blame.
    """
    started = monotonic()
    if dry_run:
        rows = plan(execution, control, account, stream, since, full, dry_run=True).count(execution)
        return ArchiveResult(rows, seconds=monotonic() - started)
    with _alone(control, account, stream):
        archive_pass = plan(execution, control, account, stream, since, full)
        chunks = _bring(execution, control, account, archive_pass, chunk_rows)
        rows = sum(chunk.rows for chunk in chunks)
        unnoted = 0 if archive_pass.resumable else rows
        watermark.finish(control, account, stream, archive_pass.reaching, unnoted, archive_pass.checkpoint)
        if stream.then:
            control.execute(statement(stream.then), {"account": account})
    copied = sum(chunk.bytes for chunk in chunks)
    set_aside = sum(chunk.set_aside for chunk in chunks)
    return ArchiveResult(rows, len(chunks), copied, monotonic() - started, set_aside)


def has_news(execution: Connection, control: Connection, account: str, stream: Stream) -> bool:
    """Tell whether a stream has rows to bring; one look into an index, and nothing is written."""
    return bool(plan(execution, control, account, stream, since=None, full=False, dry_run=True).ranges(execution))


def _bring(
    execution: Connection, control: Connection, account: str, archive_pass: Pass, chunk_rows: int
) -> list[Chunk]:
    ranges = archive_pass.ranges(execution)
    if not ranges:
        return []
    try:
        carried = columns(execution, control, archive_pass.stream)
    except ColumnTypeError as error:
        remedy = "Give the archive's column the type of the execution instance's, or a wider one."
        raise ArchiveError(account, archive_pass.stream, str(error), remedy) from error
    if carried.unknown:
        log.warning(
            "Account %s, stream %s: columns unknown to the control instance, kept in extra: %s",
            account,
            archive_pass.stream.name,
            ", ".join(carried.unknown),
        )
    reader = Reader(execution, archive_pass, carried, ranges, chunk_rows)
    return list(carry(reader, Writer(control, account, archive_pass, carried)))


@contextmanager
def _alone(control: Connection, account: str, stream: Stream) -> Iterator[None]:
    """Hold the stream's advisory lock; a session that dies lets it go."""
    names = {"account": account, "stream": stream.name}
    row = control.execute(statement("control/archive_lock"), names).fetchone()
    if not row or not row[0]:
        raise ArchiveError(
            account,
            stream,
            "another run is archiving this stream",
            "Nothing to do while it is at work: the next try goes on from what it left. A session left "
            "behind shows in pg_locks (locktype advisory) on the control instance.",
        )
    try:
        yield
    finally:
        if not control.broken:
            control.execute(statement("control/archive_unlock"), names)
