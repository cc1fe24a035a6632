"""The operator of the supervision: each run is a look, taken in the triggerer, without a worker's process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from message_center.accounts.registry import read_registry
from message_center.errors import one_line
from message_center.metadata.paused import read_pauses
from message_center.queues.enrichment.callables import EnrichmentError, configured_callables
from message_center.supervision.errors import NotToldError
from message_center.supervision.settings import SettingError, configured_night, configured_notifiers
from message_center.triggerer import TriggererOperator

if TYPE_CHECKING:
    from message_center.accounts.account import Account
    from message_center.supervision.supervise import Supervision

log = structlog.get_logger(__name__)

TIMEOUT = timedelta(minutes=5)


class SupervisionOperator(TriggererOperator):
    """Look at all instances once, and tell people what has changed."""

    ui_color = "#f7e8d7"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_from(TIMEOUT)

    def make_trigger(self) -> SupervisionTrigger:
        """Return the trigger that looks."""
        return SupervisionTrigger()


def _prepared() -> tuple[Supervision, list[Account]]:
    """Return a supervision as it is configured now, and whom it is to look at."""
    from message_center.supervision.supervise import Supervision

    enriched_types = tuple(configured_callables())
    supervision = Supervision(configured_notifiers(), configured_night(), enriched_types, read_pauses())
    return supervision, [account for account in read_registry().accounts if account.enabled]


class SupervisionTrigger(BaseTrigger):
    """Take one look."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that make this trigger again."""
        return f"{__name__}.{type(self).__name__}", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, judge and tell; a run is red where people could not be told, or control could not be reached."""
        try:
            # In a thread: what a first look imports would hold up all windows of the triggerer.
            supervision, accounts = await asyncio.to_thread(_prepared)
            counts = await supervision.run(accounts, datetime.now(timezone.utc))
        except (SettingError, EnrichmentError, NotToldError, AirflowNotFoundException, psycopg.Error) as error:
            log.error(one_line(error))
            yield TaskFailedEvent(xcoms={"error": one_line(error)})
        else:
            log.info("Looked", **counts)
            # Nearly all looks find what the one before found.
            yield TaskSuccessEvent(xcoms={"return_value": dict(counts)} if counts["changes_told"] else None)
