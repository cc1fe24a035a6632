"""What an instance did over a period, step by step: from its own statistics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from message_center.sql import statement

Length = Literal["6h", "24h", "7d", "30d"]


@dataclass(frozen=True)
class Period:
    """A period that ends now, and the steps in which it is shown: some hundred of them."""

    length: timedelta
    step: timedelta


PERIODS: dict[Length, Period] = {
    "6h": Period(timedelta(hours=6), timedelta(minutes=5)),
    "24h": Period(timedelta(hours=24), timedelta(minutes=15)),
    "7d": Period(timedelta(days=7), timedelta(hours=2)),
    "30d": Period(timedelta(days=30), timedelta(hours=6)),
}


def curves(execution: psycopg.Connection, length: Length) -> dict[str, Any]:
    """Return a row for each step in which something was noted."""
    period = PERIODS[length]
    until = datetime.now(timezone.utc)
    parameters = {"since": until - period.length, "until": until, "step": period.step}
    rows = execution.cursor(row_factory=dict_row).execute(statement("execution/page_curve"), parameters).fetchall()
    return {"since": parameters["since"], "until": until, "step_seconds": period.step.total_seconds(), "steps": rows}
