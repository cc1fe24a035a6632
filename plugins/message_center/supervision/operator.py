"""The operator of the supervision: each run is a look, taken in the triggerer, without a worker's process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from message_center.accounts.registry import read_registry
from message_center.errors import one_line
from message_center.queues.enrichment.callables import EnrichmentError, configured_callables
from message_center.supervision.settings import SettingError, configured_night, configured_notifiers
from message_center.supervision.supervise import NotToldError, Supervision

log = structlog.get_logger(__name__)

TIMEOUT = timedelta(minutes=5)
_DONE = "execute_complete"


class SupervisionOperator(BaseOperator):
    """Look at all instances once, and tell people what has changed."""

    start_from_trigger = True
    ui_color = "#f7e8d7"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        class_path, arguments = SupervisionTrigger().serialize()
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=class_path, trigger_kwargs=arguments, next_method=_DONE, timeout=TIMEOUT
        )

    def execute(self, context: Context) -> None:
        """Defer at once, where a task has to start in a worker (``dag.test``)."""
        self.defer(trigger=SupervisionTrigger(), method_name=_DONE, timeout=TIMEOUT)

    def execute_complete(self, context: Context, event: Any = None) -> None:
        """Do nothing: the trigger ends the task by itself."""


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
            supervision = Supervision(configured_notifiers(), configured_night(), tuple(configured_callables()))
            registry = await asyncio.to_thread(read_registry)
            accounts = [account for account in registry.accounts if account.enabled]
            counts = await supervision.run(accounts, datetime.now(timezone.utc))
        except (SettingError, EnrichmentError, NotToldError, AirflowNotFoundException, psycopg.Error) as error:
            log.error(one_line(error))
            yield TaskFailedEvent(xcoms={"error": one_line(error)})
        else:
            log.info("Looked", **counts)
            # Nearly all looks find what the one before found.
            yield TaskSuccessEvent(xcoms={"return_value": dict(counts)} if counts["changes_told"] else None)
