"""What an execution instance says of itself, and what the control instance knows of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook
from message_center.page.sessions import ask
from message_center.publication.preflight import ARCHIVING_CADENCE, LIVE
from message_center.sql import statement

Row = dict[str, Any]

COUNTED = 100_000
"""Up to here a queue's events are counted; what has more is shown as more."""

RECENTLY = timedelta(minutes=3)
"""What the supervision, which looks each minute, saw since stands in for an answer."""


@dataclass(frozen=True)
class Control:
    """What the control instance knows: of each account, and where the indicators of all of them stand."""

    accounts: Mapping[str, Row] = field(default_factory=dict)
    levels: Sequence[Row] = ()

    def has_seen(self, account: str) -> bool:
        """Tell whether the supervision has looked at an account lately."""
        return bool(self.accounts.get(account, {}).get("seen"))

    def levels_of(self, account: str) -> list[Row]:
        """Return where the indicators of an account stand; of none ("") those that belong to no account."""
        return [level for level in self.levels if level["account"] == account]


def look_at(account: str) -> Row:
    """Return what an execution instance says of itself now."""
    return ask(ExecutionInstanceHook(account=account), _overview)


def _overview(connection: psycopg.Connection) -> Row:
    rows = connection.cursor(row_factory=dict_row)
    (row,) = rows.execute(statement("execution/page_overview"), {"bound": COUNTED, **LIVE}).fetchall()
    return row


def look_at_control(control: str) -> Control:
    """Return what the control instance knows."""
    return ask(ControlInstanceHook(control_conn_id=control), _of_control)


def _of_control(connection: psycopg.Connection) -> Control:
    rows = connection.cursor(row_factory=dict_row)
    known = rows.execute(
        statement("control/page_overview"), {"cadence": ARCHIVING_CADENCE, "recent": RECENTLY}
    ).fetchall()
    levels = rows.execute(statement("control/page_levels")).fetchall()
    return Control({row["account"]: row for row in known}, levels)
