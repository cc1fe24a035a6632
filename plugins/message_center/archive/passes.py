"""A pass: one way through the rows of a stream that became visible between two snapshots."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from message_center.archive import watermark
from message_center.archive.streams import Stream
from message_center.archive.watermark import LAST_XID, Connection, RowKey, Watermark, max_xid
from message_center.instances import restores
from message_center.sql import statement

XidRange = tuple[str, str]
"""Transaction ids, both ends included."""


@dataclass(frozen=True)
class Pass:
    """
    From ``seen`` to ``reaching``, both snapshots of the execution database.

    A rewind (``since``) and a pass over ``everything`` look at all rows. A ``resumable`` pass notes its
    progress; a rewind or a full one starts over, as the watermark can't tell them from an ordinary pass.
    """

    stream: Stream
    seen: str | None
    reaching: str
    start: RowKey = field(default_factory=RowKey)
    since: datetime | None = None
    everything: bool = False
    resumable: bool = False
    checkpoint: uuid.UUID | None = None

    def ranges(self, execution: Connection) -> list[XidRange]:
        """Return the ranges of transaction ids that hold rows, in order."""
        # Rows of a restored database may carry ids that its counter has yet to reach; a pass over everything
        # takes them too.
        query = fill(
            "execution/archive_ranges",
            source=sql.Identifier(self.stream.table),
            seen=sql.Literal(None if self.everything else self.seen),
            max_xid=sql.Literal(LAST_XID if self.everything else str(max_xid(self.reaching))),
            after_xid=sql.Literal(self.start.xid),
        )
        return execution.execute(query).fetchall()

    def query(self, name: str, xid_range: XidRange, after: RowKey, **parts: sql.Composable) -> sql.Composed:
        """Return a statement over the rows of one range that come after a row key."""
        return fill(
            name,
            source=sql.Identifier(self.stream.table),
            low=sql.Literal(xid_range[0]),
            high=sql.Literal(xid_range[1]),
            after_xid=sql.Literal(after.xid),
            after_id=sql.Literal(after.id),
            since=sql.Literal(self.since),
            seen=sql.Literal(self.seen),
            **parts,
        )

    def count(self, execution: Connection) -> int:
        """Return how many rows there are to bring."""
        rows = 0
        for xid_range in self.ranges(execution):
            row = execution.execute(self.query("execution/archive_count", xid_range, self.start)).fetchone()
            rows += row[0] if row else 0
        return rows


def plan(
    execution: Connection,
    control: Connection,
    account: str,
    stream: Stream,
    since: datetime | None,
    full: bool,
    dry_run: bool = False,
) -> Pass:
    """Decide on the pass: from the stream's watermark, or over everything. Unless it is to write nothing, it begins."""
    mark = watermark.load(control, account, stream)
    if not mark.is_empty and restores.lacks(execution, [mark.checkpoint]):
        if not dry_run:
            restores.start_over(account, control, execution, restores.RESTORED)
        mark, full = Watermark(), True
    # Before any row is read: what changes after it is not in it, and so is read next time.
    now = watermark.current_snapshot(execution)
    # After the snapshot: whatever has the checkpoint has what the snapshot saw.
    checkpoint = None if dry_run else restores.leave_checkpoint(execution, stream.name, mark.checkpoint)
    if full:
        return Pass(stream, None, now, everything=True, checkpoint=checkpoint)
    if since is not None:
        return Pass(stream, mark.snapshot, now, since=since, everything=True, checkpoint=checkpoint)
    return Pass(
        stream,
        mark.snapshot,
        mark.passing or now,
        start=mark.key,
        everything=mark.snapshot is None,
        resumable=True,
        checkpoint=checkpoint,
    )


def fill(name: str, **parts: sql.Composable) -> sql.Composed:
    """Return the statement of that name with its identifiers and literals in place."""
    return sql.SQL(statement(name)).format(**parts)
