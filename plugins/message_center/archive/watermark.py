"""How far a stream is archived: a watermark is a snapshot of the execution database; what it saw is in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.archive.streams import Stream
from message_center.sql import statement

Connection = psycopg.Connection[Any]

FIRST_XID = "0"
LAST_XID = "18446744073709551615"


@dataclass(frozen=True)
class RowKey:
    """Where a row stands in the order in which rows are read. Transaction ids are text: they don't fit a bigint."""

    xid: str = FIRST_XID
    id: int = 0


@dataclass(frozen=True)
class Watermark:
    """What is archived (``snapshot``), and how far a pass that was cut short has come towards ``passing``."""

    snapshot: str | None = None
    passing: str | None = None
    after_xid: str | None = None
    after_id: int | None = None
    checkpoint: uuid.UUID | None = None
    """What the latest pass has left on the execution side: see :mod:`message_center.instances.restores`."""

    @property
    def key(self) -> RowKey:
        """Return the row after which the next chunk starts."""
        return RowKey(self.after_xid or FIRST_XID, self.after_id or 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is archived yet."""
        return self.snapshot is None and self.passing is None


def max_xid(snapshot: str) -> int:
    """Return ``pg_snapshot_xmax``: the first transaction id that had not been given out."""
    return int(snapshot.split(":")[1])


def current_snapshot(execution: Connection) -> str:
    """Return what the execution database would see now."""
    row = execution.execute(statement("execution/current_snapshot")).fetchone()
    assert row is not None
    return str(row[0])


def load(control: Connection, account: str, stream: Stream) -> Watermark:
    """Return the stream's watermark; an empty one before the first archive."""
    with control.cursor(row_factory=class_row(Watermark)) as cursor:
        cursor.execute(statement("control/watermark_load"), {"account": account, "stream": stream.name})
        return cursor.fetchone() or Watermark()


def advance(
    control: Connection,
    account: str,
    stream: Stream,
    passing: str,
    key: RowKey,
    rows: int,
    checkpoint: uuid.UUID | None,
) -> None:
    """Note that the pass has come to ``key``. To be called in the transaction that brought the rows."""
    control.execute(
        statement("control/watermark_advance"),
        {
            "account": account,
            "stream": stream.name,
            "passing": passing,
            "after_xid": key.xid,
            "after_id": key.id,
            "rows": rows,
            "checkpoint": checkpoint,
        },
    )


def finish(
    control: Connection, account: str, stream: Stream, snapshot: str, rows: int, checkpoint: uuid.UUID | None
) -> None:
    """Note that all that ``snapshot`` saw is archived, and ``rows`` that no chunk has noted yet."""
    control.execute(
        statement("control/watermark_finish"),
        {"account": account, "stream": stream.name, "snapshot": snapshot, "rows": rows, "checkpoint": checkpoint},
    )
