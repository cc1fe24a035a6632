"""The trigger in which queue windows run: no worker process, a thousand windows in one triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import structlog
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from message_center.instances.belonging import OtherControlError
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.instances.own_connections import KNOWN_CONTROL, own_connections
from message_center.metadata.endings import GONE
from message_center.queues.ending import WATCH
from message_center.queues.window import Connect, Window, WindowError
from message_center.queues.work import queue_work

log = structlog.get_logger(__name__)


class WindowTrigger(BaseTrigger):
    """
    Run one window of a queue workflow.

    :param account: the connection id of the execution instance.
    :param workflow: the internal name of the workflow.
    :param window_end: ISO 8601; templated by the operator from the run.
    """

    def __init__(self, account: str, workflow: str, window_end: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.account = account
        self.workflow = workflow
        self.window_end = window_end

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that make this trigger again."""
        arguments = {"account": self.account, "workflow": self.workflow, "window_end": self.window_end}
        return f"{type(self).__module__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """
        Work until the window's end; its counts are the task's result, if there is anything to count.

        Somebody who marks or clears the run cancels this: the connection is closed, and whatever its last statement
        was has happened in full or not at all.
        """
        # In a thread: Airflow's and control's answers may take a while.
        control = await asyncio.to_thread(KNOWN_CONTROL.identity)
        connect = own_connections(ExecutionInstanceHook(account=self.account).aconnect, self.account, control)
        window = self._window(connect)
        try:
            with self._watched(window):
                result = await window.run()
        except (WindowError, OtherControlError) as error:
            log.error(str(error))
            yield TaskFailedEvent(xcoms={"error": str(error), "return_value": window.counts()})
        except AirflowNotFoundException:
            # Deleted before the bundle has seen it, and just when the window wanted to connect.
            window.end_early(GONE)
            yield TaskSuccessEvent(xcoms={"return_value": window.counts()})
        else:
            log.info("Window done", **result)
            yield TaskSuccessEvent(xcoms={"return_value": result} if window.result() else None)

    def _window(self, connect: Connect) -> Window:
        return Window(self.account, queue_work(self.workflow), datetime.fromisoformat(self.window_end), connect)

    def _watched(self, window: Window) -> AbstractContextManager[None]:
        run = self.task_instance
        return WATCH.over(run.dag_id, run.run_id, window.end_early) if run else nullcontext()
