"""What an instance has delivered lately, by template and month, and why it has not."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.sql import statement

RECENT = 100_000
"""Of so many messages at the end of the delivery log: what is older is for the reports."""


def recent_deliveries(execution: psycopg.Connection) -> dict[str, Any]:
    """Return the counters of each delivery, and the errors by qualification, among the last messages."""
    rows = execution.cursor(row_factory=dict_row)
    bound = {"bound": RECENT}
    return {
        "recent": RECENT,
        "deliveries": rows.execute(statement("execution/page_deliveries"), bound).fetchall(),
        "errors": rows.execute(statement("execution/page_errors"), bound).fetchall(),
    }
