"""A chunk: read in one short statement there, written in one transaction with its progress here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import sql

from message_center.archive import watermark
from message_center.archive.columns import Columns
from message_center.archive.passes import Pass, XidRange, fill
from message_center.archive.watermark import Connection, RowKey
from message_center.sql import statement

CHUNK_BYTES = 32 * 1024 * 1024  # two chunks are in memory: one is read while the other is written
FIRST_CHUNK_ROWS = 2_000
LOCK_TIMEOUT = "60s"
SORT_MEMORY = "256MB"
_WRITE_BYTES = 256 * 1024

Blocks = list[bytes]
"""Binary COPY, in pieces."""


@dataclass(frozen=True)
class Chunk:
    """What one chunk brought."""

    rows: int
    bytes: int


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
        self.size = min(FIRST_CHUNK_ROWS, max_rows)
        self._left = iter(ranges)
        self._range = next(self._left, None)
        self._after = archive_pass.start
        self._thread = ThreadPoolExecutor(1, "archive-reader")
        self._reading: Future[Blocks] | None = None

    def __enter__(self) -> Reader:
        self.execution.execute(statement("execution/archive_reading"))
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def chunks(self) -> Iterator[Blocks]:
        """Yield chunk by chunk; tell :meth:`landed` of each before the next one is asked for."""
        while self._reading is not None:
            yield self._reading.result()

    def landed(self, chunk: Chunk, last: RowKey | None) -> None:
        """Begin to read the next chunk, now that it is known where the last one ended."""
        self._after = last or self._after
        if chunk.rows < self.size:
            self._range = next(self._left, None)
        else:
            self.size = max(1, min(self.max_rows, CHUNK_BYTES * chunk.rows // chunk.bytes))
        self._begin()

    def _begin(self) -> None:
        self._reading = self._thread.submit(self.read, self._range, self._after) if self._range else None

    def read(self, xid_range: XidRange, after: RowKey) -> Blocks:
        """Read up to ``size`` rows of a range that come after a row key."""
        query = self.archive_pass.query(
            "execution/archive_chunk", xid_range, after, columns=self.columns.read, size=sql.Literal(self.size)
        )
        blocks, rows, waiting = [], [], 0
        with self.execution.cursor() as cursor, cursor.copy(query) as outgoing:
            for row in outgoing:
                rows.append(row)
                waiting += len(row)
                # A write for each row would cost more than the row.
                if waiting >= _WRITE_BYTES:
                    blocks.append(b"".join(rows))
                    rows, waiting = [], 0
        return [*blocks, b"".join(rows)]


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

    def write(self, chunk: Chunk, last: RowKey | None) -> None:
        """Write what has landed, and the progress: both or neither."""
        self.control.execute(
            self._fill(
                "control/archive_upsert",
                account=sql.Literal(self.account),
                columns=self.columns.written,
                excluded=self.columns.excluded,
            )
        )
        if last and self.archive_pass.resumable:
            archive_pass = self.archive_pass
            watermark.advance(self.control, self.account, archive_pass.stream, archive_pass.reaching, last, chunk.rows)

    def _fill(self, name: str, **parts: sql.Composable) -> sql.Composed:
        return fill(name, target=sql.Identifier(self.archive_pass.stream.table), **parts)


def carry(reader: Reader, writer: Writer) -> Iterator[Chunk]:
    """
    Bring the rows of a pass, chunk by chunk.

    The execution side never waits for control::

        execution   read 1 │ read 2         │ read 3
        control            │ land 1, write 1│ land 2, write 2
                           └ where 1 ended says where 2 begins
    """
    writer.prepare()
    with reader:
        for blocks in reader.chunks():
            with writer.control.transaction():
                chunk, last = writer.land(blocks)
                reader.landed(chunk, last)
                writer.write(chunk, last)
            yield chunk
