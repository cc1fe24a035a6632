"""One supervision: look at all instances, bring the levels up to it, and tell each notifier what is new to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import structlog
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import Account
from message_center.errors import one_line
from message_center.instances.hooks import ControlInstanceHook
from message_center.metadata.paused import Pause
from message_center.supervision.changes import LEVELS, Change, judge, note_told, untold_changes
from message_center.supervision.errors import NotToldError
from message_center.supervision.looks import NOT_READY, Look, look_at_all
from message_center.supervision.message import Alert
from message_center.supervision.settings import Night, Notifier

log = structlog.get_logger(__name__)


@dataclass
class Supervision:
    """
    Who is told, and when.

    :param night: when warnings wait.
    :param pauses: the DAGs that somebody has paused.
    """

    notifiers: Sequence[Notifier] = ()
    night: Night | None = None
    enriched_types: Sequence[str] = field(default=())
    pauses: Mapping[str, Pause] = field(default_factory=dict)

    async def run(self, accounts: Sequence[Account], now: datetime) -> dict[str, int]:
        """
        Look, judge and tell.

        :return: how many instances were looked at and not reached, and how many changes were told.
        :raises NotToldError: if a notifier failed, after all others have had their turn.
        """
        looks = await look_at_all(accounts, self.enriched_types, self.pauses)
        try:
            control = await ControlInstanceHook().aconnect()
        except AirflowNotFoundException:
            if looks:
                raise
            log.info("There is no account yet")
            return {"instances": 0, "not_reached": 0, "changes_told": 0}
        async with control:
            told = await self.tell(control, looks, now)
        unreached = sum(look.error is not None for look in looks)
        return {"instances": len(looks), "not_reached": unreached, "changes_told": told}

    async def tell(self, control: psycopg.AsyncConnection[Any], looks: Sequence[Look], now: datetime) -> int:
        """Judge what was seen, and tell what has changed; return how many changes that is."""
        try:
            if not await judge(control, looks, now):
                return 0
        except NOT_READY as error:
            log.warning("Control is not ready", error=one_line(error))
            return 0
        told, failures = 0, []
        for notifier in self.notifiers:
            changes = self.wanted(notifier, await untold_changes(control, notifier.name), now)
            if not changes:
                continue
            try:
                # In a thread: few notifiers can be awaited, and any may take its time, its import as well.
                await asyncio.to_thread(notifier.tell, {"alert": Alert(changes)})
            except Exception as error:  # noqa: BLE001 - whatever a notifier runs into, the others tell
                log.error("Not told", notifier=notifier.name, error=one_line(error))
                failures.append(f"{notifier.name}: {one_line(error)}")
            else:
                await note_told(control, notifier.name, changes, now)
                told += len(changes)
        if failures:
            raise NotToldError(f"Not told, and to be told again in a minute: {'; '.join(failures)}")
        return told

    def wanted(self, notifier: Notifier, changes: Sequence[Change], now: datetime) -> list[Change]:
        """Return those changes that a notifier is to be told at this time of day."""
        least = "alert" if self.night is not None and self.night.covers(now) else notifier.least
        least = max(least, notifier.least, key=LEVELS.index)
        return [change for change in changes if LEVELS.index(change.severity) >= LEVELS.index(least)]
