"""A chunk: read in one short statement there, written in one transaction with its progress here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import sql

from message_center.archive import watermark
from message_center.archive.columns import Columns
from message_center.archive.passes import Pass, Range, fill
from message_center.archive.watermark import Connection, Key
from message_center.statements import statement

CHUNK_BYTES = 32 * 1024 * 1024  # two chunks are in memory: one is read while the other is written
FIRST_CHUNK_ROWS = 2_000
LOCK_TIMEOUT = "60s"
SORT_MEMORY = "256MB"
_WRITE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Chunk:
    """What one chunk brought."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class Carrier:
    """Carries the rows of one pass from the execution to the control instance."""

    execution: Connection
    control: Connection
    account: str
    way: Pass
    columns: Columns

    def carry(self, spans: list[Range], max_rows: int) -> Iterator[Chunk]:
        """
        Bring the rows of all ranges, chunk by chunk, of fewer rows where rows are large.

        The next chunk is read while this one is written: as short as can be on the execution side, which never
        waits for control.
        """
        self.execution.execute(statement("execution/archive_reading"))
        self.control.execute("drop table if exists pg_temp.archive_incoming")
        self.control.execute(self._fill("control/archive_incoming", columns=self.columns.written))
        left, after, size = iter(spans), self.way.start, min(FIRST_CHUNK_ROWS, max_rows)
        span = next(left, None)
        with ThreadPoolExecutor(1, "archive-reader") as reader:
            reading = span and reader.submit(self.read, span, after, size)
            while reading:
                blocks = reading.result()
                with self.control.transaction():
                    chunk, last = self._land(blocks)
                    after = last or after
                    if chunk.rows < size:
                        span = next(left, None)
                    else:
                        size = max(1, min(max_rows, CHUNK_BYTES * chunk.rows // chunk.bytes))
                    reading = span and reader.submit(self.read, span, after, size)
                    self._write(chunk, last)
                yield chunk

    def read(self, span: Range, after: Key, size: int) -> list[bytes]:
        """Read up to ``size`` rows of a range that come after a row key, as the bytes of binary COPY."""
        query = self.way.query(
            "execution/archive_chunk", span, after, columns=self.columns.read, size=sql.Literal(size)
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

    def _land(self, blocks: list[bytes]) -> tuple[Chunk, Key | None]:
        """Copy what was read into the temporary table, and return the row key of its last row."""
        self.control.execute(statement("control/archive_settings"), {"lock": LOCK_TIMEOUT, "sort": SORT_MEMORY})
        with self.control.cursor() as cursor:
            with cursor.copy("copy archive_incoming from stdin (format binary)") as incoming:
                for block in blocks:
                    incoming.write(block)
            chunk = Chunk(cursor.rowcount, sum(map(len, blocks)))
        key = self.control.execute(statement("control/archive_last_key")).fetchone()
        return chunk, Key(*key) if key else None

    def _write(self, chunk: Chunk, last: Key | None) -> None:
        """Write what has landed, and the progress: both or neither."""
        self.control.execute(
            self._fill(
                "control/archive_upsert",
                account=sql.Literal(self.account),
                columns=self.columns.written,
                excluded=self.columns.excluded,
            )
        )
        if last and self.way.resumable:
            watermark.advance(self.control, self.account, self.way.stream, self.way.reaching, last, chunk.rows)

    def _fill(self, name: str, **parts: sql.Composable) -> sql.Composed:
        return fill(name, target=sql.Identifier(self.way.stream.table), **parts)
