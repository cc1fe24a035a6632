"""A chunk: read in one short statement there, written in one transaction with its progress here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg import sql

from message_center.archive import watermark
from message_center.archive.columns import Columns
from message_center.archive.errors import ArchiveError, is_of_a_row
from message_center.archive.passes import Pass, XidRange, fill
from message_center.archive.watermark import Connection, RowKey
from message_center.instances.cursors import without_values
from message_center.sql import statement

CHUNK_BYTES = 32 * 1024 * 1024  # two chunks are in memory: one is read while the other is written
FIRST_CHUNK_ROWS = 2_000
LOCK_TIMEOUT = "60s"
SORT_MEMORY = "256MB"
MAX_SET_ASIDE = 1_000  # of one run: beyond that it is not the rows that are to blame
_WRITE_BYTES = 256 * 1024
_END_OF_COPY = b"\xff\xff"

log = logging.getLogger(__name__)

Blocks = list[bytes]
"""Binary COPY, in pieces."""


@dataclass(frozen=True)
class Chunk:
    """What one chunk brought; or the one row that it set aside."""

    rows: int
    bytes: int
    set_aside: int = 0


@dataclass(frozen=True)
class Position:
    """
    Where a reader is.

    :param range: the number of the range of transaction ids; beyond the last one, all has been read.
    :param after: the last row that has been read.
    :param size: of the next chunk, in rows.
    :param suspects: of a chunk that failed, how many rows from here on have the one to blame among them; 0: none.
    """

    range: int
    after: RowKey
    size: int
    suspects: int = 0

    @property
    def rows(self) -> int:
        """How many rows to read next. Half of the suspects, so that the one to blame is found in a few steps."""
        return (self.suspects + 1) // 2 or self.size


@dataclass(frozen=True)
class Read:
    """What was read: the bytes, and whether it was ended by their number, before the rows came to their end."""

    blocks: Blocks
    is_cut: bool


@dataclass(frozen=True)
class Row:
    """A row that is to blame."""

    key: RowKey
    modified_at: datetime | None


class _FullError(Exception):
    """Ends a COPY that has brought enough."""


class Reader:
    """
    Reads the chunks of a pass on the execution side, each one ahead of the one that is being written.

    :param ranges: of transaction ids, in order.
    :param max_rows: of a chunk; fewer are read where rows are large.
    """

    def __init__(
        self, execution: Connection, archive_pass: Pass, columns: Columns, ranges: list[XidRange], max_rows: int
    ) -> None:
        self.execution, self.archive_pass, self.columns, self.max_rows = execution, archive_pass, columns, max_rows
        self.ranges = ranges
        self.position = Position(0, archive_pass.start, min(FIRST_CHUNK_ROWS, max_rows))
        self._thread = ThreadPoolExecutor(1, "archive-reader")
        self._reading: Future[Read] | None = None

    def __enter__(self) -> Reader:
        self.execution.execute(statement("execution/archive_reading"))
        self.go_on_from(self.position)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    @property
    def is_under_way(self) -> bool:
        """Whether there may be more to read."""
        return self._reading is not None

    def result(self) -> Read:
        """Return the chunk that is being read."""
        assert self._reading is not None
        return self._reading.result()

    def landed(self, read: Read, chunk: Chunk, last: RowKey | None) -> None:
        """Begin to read the next chunk, now that it is known where the last one ended."""
        begun = self.position
        size = begun.size
        if chunk.rows and (read.is_cut or chunk.rows >= begun.rows):
            size = max(1, min(self.max_rows, CHUNK_BYTES * chunk.rows // chunk.bytes))
        is_over = chunk.rows < begun.rows and not read.is_cut
        self.go_on_from(
            Position(
                begun.range + is_over,
                last or begun.after,
                size,
                0 if is_over else max(0, begun.suspects - chunk.rows),
            )
        )

    def go_on_from(self, position: Position) -> None:
        """Begin to read from a position, and forget what is being read."""
        if self._reading is not None:
            self._reading.exception()
        self.position = position
        self._reading = self._thread.submit(self.read, position) if position.range < len(self.ranges) else None

    def narrow(self, failed: Position) -> Row | None:
        """
        Read fewer rows of a chunk that failed; skip it if it was a single row.

        :return: that row.
        """
        if failed.rows > 1:
            self.go_on_from(replace(failed, suspects=failed.rows))
            return None
        self.go_on_from(replace(failed, range=len(self.ranges)))
        query = self.archive_pass.query("execution/archive_next_row", self.ranges[failed.range], failed.after)
        found = self.execution.execute(query).fetchone()
        if found is None:  # it is gone by now
            self.go_on_from(replace(failed, range=failed.range + 1, suspects=0))
            return None
        row = Row(RowKey(found[0], found[1]), found[2])
        self.go_on_from(replace(failed, after=row.key, suspects=0))
        return row

    def column_to_blame(self, failed: Position) -> str | None:
        """Return the column of the row at a position that cannot be read by itself, if it is one."""
        for name, part in zip(self.columns.known, self.columns.parts, strict=True):
            query = self._query(failed, 1, part)
            try:
                with self.execution.cursor() as cursor, cursor.copy(query) as outgoing:
                    for _ in outgoing:
                        pass
            except psycopg.Error as error:
                if not is_of_a_row(error):
                    raise
                return name
        return None

    def read(self, position: Position) -> Read:
        """Read the rows that come after a position, until there are enough of them, or of their bytes."""
        blocks, rows, waiting, total = [], [], 0, 0
        try:
            with (
                self.execution.cursor() as cursor,
                cursor.copy(self._query(position, position.rows, self.columns.read)) as outgoing,
            ):
                for row in outgoing:
                    rows.append(row)
                    waiting += len(row)
                    # A write for each row would cost more than the row.
                    if waiting >= _WRITE_BYTES:
                        total += waiting
                        blocks.append(b"".join(rows))
                        rows, waiting = [], 0
                        # The end comes by itself; a row that ends with a null looks like it.
                        if total >= CHUNK_BYTES and row != _END_OF_COPY:
                            raise _FullError
        except _FullError:
            return Read([*blocks, _END_OF_COPY], is_cut=True)
        return Read([*blocks, b"".join(rows)], is_cut=False)

    def _query(self, position: Position, rows: int, columns: sql.Composable) -> sql.Composed:
        return self.archive_pass.query(
            "execution/archive_chunk",
            self.ranges[position.range],
            position.after,
            columns=columns,
            size=sql.Literal(rows),
        )


@dataclass(frozen=True)
class Writer:
    """Writes the chunks of a pass on the control side, each in a transaction with its progress."""

    control: Connection
    account: str
    archive_pass: Pass
    columns: Columns

    def prepare(self) -> None:
        """Make the temporary table in which chunks land."""
        self.control.execute(statement("control/archive_drop_incoming"))
        self.control.execute(self._fill("control/archive_incoming", columns=self.columns.written))

    def land(self, blocks: Blocks) -> tuple[Chunk, RowKey | None]:
        """Copy what was read into the temporary table, and return the key of its last row."""
        self.control.execute(statement("control/archive_settings"), {"lock": LOCK_TIMEOUT, "sort": SORT_MEMORY})
        with self.control.cursor() as cursor:
            with cursor.copy(statement("control/archive_copy_incoming")) as incoming:
                for block in blocks:
                    incoming.write(block)
            chunk = Chunk(cursor.rowcount, sum(map(len, blocks)))
        key = self.control.execute(statement("control/archive_last_key")).fetchone()
        return chunk, RowKey(*key) if key else None

    def write(self, chunk: Chunk, last: RowKey | None) -> Chunk:
        """
        Write what has landed, and the progress: both or neither.

        :return: the chunk, without rows whose id is another account's.
        """
        self.control.execute(statement("control/archive_no_more_set_aside"), self._names)
        written = self.control.execute(
            self._fill(
                "control/archive_upsert",
                account=sql.Literal(self.account),
                columns=self.columns.written,
                names=self.columns.names,
                excluded=self.columns.excluded,
                known=sql.Literal(list(self.columns.known)),
            )
        ).rowcount
        if written < chunk.rows:
            self.control.execute(
                self._fill(
                    "control/archive_set_aside_taken",
                    account=sql.Literal(self.account),
                    stream=sql.Literal(self.archive_pass.stream.name),
                )
            )
        if note := self.archive_pass.stream.note:
            self.control.execute(statement(note))
        if last:
            self._advance(last, written)
        return replace(chunk, rows=written, set_aside=chunk.rows - written)

    def set_aside(self, row: Row, reason: str) -> Chunk:
        """Note that a row cannot be carried, and go on behind it."""
        log.warning(
            "Account %s, stream %s: row %d is set aside: %s",
            self.account,
            self.archive_pass.stream.name,
            row.key.id,
            reason,
        )
        fields = {"row_id": row.key.id, "modified_at": row.modified_at, "reason": f"row {row.key.id}: {reason}"}
        with self.control.transaction():
            self.control.execute(statement("control/archive_set_aside"), {**self._names, **fields})
            self._advance(row.key, 0)
        return Chunk(0, 0, 1)

    @property
    def _names(self) -> dict[str, str]:
        return {"account": self.account, "stream": self.archive_pass.stream.name}

    def _advance(self, last: RowKey, rows: int) -> None:
        archive_pass = self.archive_pass
        if archive_pass.resumable:
            watermark.advance(
                self.control,
                self.account,
                archive_pass.stream,
                archive_pass.reaching,
                last,
                rows,
                archive_pass.checkpoint,
            )

    def _fill(self, name: str, **parts: sql.Composable) -> sql.Composed:
        return fill(name, target=sql.Identifier(self.archive_pass.stream.table), **parts)


def carry(reader: Reader, writer: Writer) -> Iterator[Chunk]:
    """
    Bring the rows of a pass, chunk by chunk.

    The execution side never waits for control::

        execution   read 1 │ read 2         │ read 3
        control            │ land 1, write 1│ land 2, write 2
                           └ where 1 ended says where 2 begins

    A chunk that fails for a row's sake is halved until that row is found. It is set aside, and the others come.
    """
    writer.prepare()
    set_aside = 0
    with reader:
        while reader.is_under_way:
            begun = reader.position
            try:
                read = reader.result()
                with writer.control.transaction():
                    chunk, last = writer.land(read.blocks)
                    reader.landed(read, chunk, last)
                    chunk = writer.write(chunk, last)
            except psycopg.Error as error:
                if not is_of_a_row(error):
                    raise
                row = reader.narrow(begun)
                if row is None:
                    continue
                chunk = writer.set_aside(row, _reason(reader, begun, error))
            set_aside += chunk.set_aside
            if set_aside > MAX_SET_ASIDE:
                raise ArchiveError(
                    writer.account,
                    writer.archive_pass.stream,
                    f"more than {MAX_SET_ASIDE:,} rows of this run could not be carried",
                    "Not the rows are to blame, then: see archive.set_aside_row for the reasons, and bring both sides "
                    "to the same version.",
                )
            yield chunk


def _reason(reader: Reader, failed: Position, error: psycopg.Error) -> str:
    told = without_values(error)
    if " column " in told or not (error.sqlstate or "").startswith("22"):
        return told
    column = reader.column_to_blame(failed)
    return f"{told} in column {column}" if column else told
