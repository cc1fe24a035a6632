"""A chunk: read in one short statement there, written in one transaction with its progress here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from message_center.archive import watermark
from message_center.archive.columns import Columns
from message_center.archive.passes import Pass, Range, fill
from message_center.archive.watermark import Connection, Key
from message_center.statements import statement

CHUNK_BYTES = 64 * 1024 * 1024
FIRST_CHUNK_ROWS = 2_000
LOCK_TIMEOUT = "60s"
SORT_MEMORY = "256MB"
_PIPE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Chunk:
    """What one chunk brought, and the place of its last row."""

    rows: int
    bytes: int
    last: Key | None


@dataclass(frozen=True)
class Carrier:
    """Carries the rows of one pass from the execution to the control instance."""

    execution: Connection
    control: Connection
    account: str
    way: Pass
    columns: Columns

    @property
    def target(self) -> sql.Identifier:
        """Return the table's name in the archive."""
        return sql.Identifier(self.way.stream.table)

    def carry(self, spans: list[Range], greatest_rows: int) -> Iterator[Chunk]:
        """Bring the rows of all ranges, chunk by chunk, of fewer rows where rows are large."""
        self.control.execute("drop table if exists pg_temp.archive_incoming")
        self.control.execute(fill("control/archive_incoming", columns=self.columns.written, target=self.target))
        after, size = self.way.start, min(FIRST_CHUNK_ROWS, greatest_rows)
        for span in spans:
            while True:
                chunk = self.chunk(span, after, size)
                yield chunk
                after = chunk.last or after
                if chunk.rows < size:
                    break
                size = max(1, min(greatest_rows, CHUNK_BYTES * chunk.rows // chunk.bytes))

    def chunk(self, span: Range, after: Key, size: int) -> Chunk:
        """Bring up to ``size`` rows: all of them and the progress, or none."""
        read = self.way.query("execution/archive_chunk", span, after, columns=self.columns.read, size=sql.Literal(size))
        write = fill(
            "control/archive_upsert",
            target=self.target,
            account=sql.Literal(self.account),
            columns=self.columns.written,
            excluded=self.columns.excluded,
        )
        with self.control.transaction():
            settings = {"lock": LOCK_TIMEOUT, "sort": SORT_MEMORY}
            self.control.execute(statement("control/archive_settings"), settings)
            copied = pipe(self.execution, self.control, read)
            rows = self.control.execute(write).rowcount
            key = self.control.execute(statement("control/archive_last_key")).fetchone()
            last = Key(*key) if key else None
            if last and self.way.resumable:
                watermark.advance(self.control, self.account, self.way.stream, self.way.reaching, last, rows)
        return Chunk(rows, copied, last)


def pipe(execution: Connection, control: Connection, read: sql.Composed) -> int:
    """Pass the bytes of a chunk on as they are, and return how many."""
    copied = waiting = 0
    rows: list[bytes | bytearray | memoryview] = []
    with (
        execution.cursor() as source,
        control.cursor() as target,
        source.copy(read) as outgoing,
        target.copy("copy archive_incoming from stdin (format binary)") as incoming,
    ):
        for row in outgoing:
            rows.append(row)
            waiting += len(row)
            # A write for each row would cost more than the row.
            if waiting >= _PIPE_BYTES:
                incoming.write(b"".join(rows))
                copied += waiting
                rows, waiting = [], 0
        incoming.write(b"".join(rows))
    return copied + waiting
