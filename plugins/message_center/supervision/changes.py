"""Changes of levels: found by control's database, told to each notifier once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.sql import statement
from message_center.supervision.looks import Look
from message_center.supervision.names import NAMES, YES_OR_NO, with_unit

Connection = psycopg.AsyncConnection[Any]

LEVELS = ("ok", "warning", "alert")


@dataclass(frozen=True)
class Change:
    """
    An indicator that stands otherwise than a notifier was told last.

    :param subject: ``all`` queues, or the workflow that it is about; empty for the instance.
    :param told: the level that was told last.
    :param threshold: of the worse of the two levels.
    :param detail: why the instance is not reached; who has paused the workflow, and when.
    """

    account: str
    subject: str
    indicator: str
    level: str
    told: str
    value: float | None
    since: datetime
    threshold: float | None
    detail: str | None

    @property
    def severity(self) -> str:
        """The worse of what it is and what it was: an alert that ends is of the severity of an alert."""
        return max(self.level, self.told, key=LEVELS.index)

    def sentence(self) -> str:
        """Return what people read of it."""
        about = (
            " ".join(filter(None, [self.account, self.subject if self.subject != "all" else ""])) or "Message Center"
        )
        what = NAMES[self.indicator].words
        if self.indicator in YES_OR_NO:
            because = f" ({self.detail})" if self.detail else ""
            return f"{about}: {what}{because}" if self.level != "ok" else f"{about}: no more: {what}"
        is_now = f"{about}: {what} {with_unit(self.indicator, self.value)}"
        if self.level == "ok":
            return f"{is_now}, no {self.told} any more"
        return f"{is_now}, {self.level} from {with_unit(self.indicator, self.threshold)}"

    def as_json(self) -> dict[str, Any]:
        """Return it as webhooks and ``note_told`` take it."""
        return {
            "account": self.account,
            "subject": self.subject,
            "indicator": self.indicator,
            "level": self.level,
            "was": self.told,
            "value": self.value,
            "threshold": self.threshold,
            "since": self.since.isoformat(),
            "sentence": self.sentence(),
        }


async def judge(control: Connection, looks: Sequence[Look], now: datetime) -> bool:
    """
    Keep what was seen, and bring all levels up to it.

    :return: whether it was done: not while another supervision is doing the same.
    """
    async with control.transaction():
        if not await _has_its_turn(control):
            return False
        seen = json.dumps([look.as_json() for look in looks if look.is_ready])
        await control.execute(statement("control/forget_looks"), {"accounts": [look.account for look in looks]})
        await control.execute(statement("control/store_looks"), {"now": now, "looks": seen})
        await control.execute(statement("control/judge_indicators"), {"now": now})
    return True


async def untold_changes(control: Connection, notifier: str) -> list[Change]:
    """Return what a notifier has not been told yet, the worst first."""
    async with control.cursor(row_factory=class_row(Change)) as cursor:
        await cursor.execute(statement("control/untold_changes"), {"notifier": notifier})
        return await cursor.fetchall()


async def note_told(control: Connection, notifier: str, changes: Sequence[Change], now: datetime) -> None:
    """Note that a notifier has been told."""
    told = json.dumps([change.as_json() for change in changes])
    await control.execute(statement("control/note_told"), {"notifier": notifier, "changes": told, "now": now})


async def _has_its_turn(control: Connection) -> bool:
    cursor = await control.execute(statement("control/supervision_lock"))
    row = await cursor.fetchone()
    return bool(row and row[0])
