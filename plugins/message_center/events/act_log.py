"""What operators did last, as the instance has it, and as the archive has what is purged there."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.sql import statement

Connection = psycopg.Connection[Any]
Row = dict[str, Any]


def latest_acts(execution: Connection | None, control: Connection | None, account: str, limit: int) -> list[Row]:
    """Return the latest acts on an account, the newest first; either side may be away."""
    given = {"account": account, "limit": limit}
    asked = ((control, statement("control/operator_acts")), (execution, statement("execution/operator_acts")))
    acts = {
        act["id"]: act
        for side, query in asked
        if side is not None
        for act in side.cursor(row_factory=dict_row).execute(query, given)
    }
    return sorted(acts.values(), key=lambda act: act["begun_at"], reverse=True)[:limit]
