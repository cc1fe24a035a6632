"""The quarantine of an instance: what is in it and why, and what people put there and release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from message_center.events.remedies import remedy_for
from message_center.events.search import Found
from message_center.sql import statement

Connection = psycopg.Connection[Any]

BY_HAND = "ignored"


@dataclass(frozen=True)
class AddressAct:
    """What somebody wants done with addresses of a channel; asked for again under the same id, it is done already."""

    id: UUID
    kind: Literal["quarantine", "release"]
    requested_by: str
    reason: str
    channel: int
    addresses: Sequence[str]


def find_quarantined(
    execution: Connection, part: str | None, channel: int | None, before: int | None, limit: int
) -> Found:
    """Return the addresses in quarantine that have a part in them, the latest first."""
    given = {"part": part and part.strip(), "channel": channel, "before_id": before, "limit": limit}
    cursor = execution.cursor(row_factory=dict_row)
    rows = [_told(row) for row in cursor.execute(statement("execution/find_quarantined"), given)]
    return Found(rows, rows[-1]["id"] if len(rows) >= limit else None)


def change(execution: Connection, act: AddressAct) -> int:
    """Do an act, and return how many addresses it changed."""
    given = {
        "act": act.id,
        "requested_by": act.requested_by,
        "reason": act.reason,
        "channel": act.channel,
        "addresses": list(act.addresses),
    }
    (row,) = execution.execute(statement(f"execution/{act.kind}_addresses"), given).fetchall()
    return int(row[0])


def _told(row: dict[str, Any]) -> dict[str, Any]:
    by_hand, failure_reason = row["failure_type"] == BY_HAND, row.pop("failure_reason")
    remedy = None if by_hand else remedy_for(row["message"], failure_reason)
    return {**row, "created_at": row["quarantined_at"], "by_hand": by_hand, "remedy": remedy}
