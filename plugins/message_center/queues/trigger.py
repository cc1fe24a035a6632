"""The trigger in which queue windows run: no worker process, a thousand windows in one triggerer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import structlog
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from message_center.instances.hooks import ExecutionInstanceHook
from message_center.queues.window import Window, WindowError
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
        return f"{__name__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Work until the window's end; its counts are the task's result."""
        hook = ExecutionInstanceHook(account=self.account)
        window = Window(self.account, queue_work(self.workflow), datetime.fromisoformat(self.window_end), hook.aconnect)
        try:
            result = await window.run()
        except WindowError as error:
            log.error(str(error))
            yield TaskFailedEvent(xcoms={"error": str(error)})
        else:
            log.info("Window done", **result)
            yield TaskSuccessEvent(xcoms={"return_value": result})
