"""The operator of the enrichment windows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from message_center.instances.hooks import ExecutionInstanceHook
from message_center.instances.own_connections import KNOWN_CONTROL, own_connections
from message_center.queues.ending import WORKER_LOOK_SECONDS, EndingWatch
from message_center.queues.enrichment.callables import load
from message_center.queues.enrichment.work import Enrichment
from message_center.queues.window import Connect, Window


class EnrichmentWindowOperator(BaseOperator):
    """
    Enrich the events of one type by a Python callable until the window's end, in a worker.

    :param account: the connection id of the execution instance.
    :param event_type: the event type.
    :param path: the callable, ``module:name``.
    :param window_end: when the window ends, ISO 8601 (templated; see ``window_end_template``).
    """

    template_fields: Sequence[str] = ("window_end",)
    ui_color = "#f2ead9"

    def __init__(self, *, account: str, event_type: str, path: str, window_end: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.event_type = event_type
        self.path = path
        self.window_end = window_end

    def execute(self, context: Context) -> dict[str, Any] | None:
        """Work until the window's end; its counts are the task's result, if there is anything to count."""
        work = Enrichment(self.event_type, load(self.path))
        control = KNOWN_CONTROL.identity()
        connect = own_connections(ExecutionInstanceHook(account=self.account).opener(), self.account, control)
        run = context["ti"]
        return asyncio.run(self._enrich(work, connect, run.dag_id, run.run_id))

    async def _enrich(self, work: Enrichment, connect: Connect, dag_id: str, run_id: str) -> dict[str, Any] | None:
        window = Window(self.account, work, datetime.fromisoformat(self.window_end), connect)
        with EndingWatch(WORKER_LOOK_SECONDS).over(dag_id, run_id, window.end_early):
            await window.run()
        return window.result()
