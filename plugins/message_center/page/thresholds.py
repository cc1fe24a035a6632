"""The thresholds of the indicators, as people set them: for all accounts, and for one that is different."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.events.errors import AskedError, UnknownThingError
from message_center.sql import statement

LATEST_CHANGES = 20


@dataclass(frozen=True)
class Threshold:
    """
    From which values on an indicator is a warning and an alert; ``None``: never.

    :param account: empty for all that have none of their own.
    """

    indicator: str
    account: str
    warning: float | None
    alert: float | None


def thresholds(control: psycopg.Connection) -> list[dict[str, Any]]:
    """Return all of them, that of all accounts before those of one."""
    return control.cursor(row_factory=dict_row).execute(statement("control/thresholds")).fetchall()


@dataclass(frozen=True)
class Change:
    """Who changes a threshold, and why."""

    changed_by: str
    reason: str


def set_threshold(control: psycopg.Connection, wanted: Threshold, change: Change) -> None:
    """
    Set one; the next look of the supervision goes by it.

    :raises UnknownThingError: if there is no such indicator.
    :raises AskedError: if the alert would come before the warning.
    """
    try:
        row = control.execute(statement("control/set_threshold"), asdict(wanted) | asdict(change)).fetchone()
    except psycopg.errors.CheckViolation:
        raise AskedError("The alert would come before its warning.", "Exchange them, or leave one empty.") from None
    if row is None:
        raise UnknownThingError(f"There is no indicator {wanted.indicator!r}.", "See the list of thresholds.")


def remove_threshold(control: psycopg.Connection, indicator: str, account: str, change: Change) -> None:
    """Let the threshold of all count for an account again."""
    control.execute(
        statement("control/remove_threshold"), {"indicator": indicator, "account": account, **asdict(change)}
    )


def changes(control: psycopg.Connection, indicator: str, account: str) -> list[dict[str, Any]]:
    """Return who has changed an indicator's thresholds, of an account and of all: the latest first."""
    given = {"indicator": indicator, "account": account, "limit": LATEST_CHANGES}
    return control.cursor(row_factory=dict_row).execute(statement("control/threshold_changes"), given).fetchall()
