"""The operator of the queue windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.triggers.base import StartTriggerArgs

from message_center.queues.trigger import WindowTrigger

# A run begins this long before its predecessor ends, so that no event waits for the hand-over.
WINDOW_OVERLAP = timedelta(seconds=10)

_DONE = "execute_complete"


def window_timeout(window_seconds: int) -> timedelta:
    """Return when a window is ended that does not end by itself."""
    return timedelta(seconds=2 * window_seconds) + WINDOW_OVERLAP


def window_end_template(window_seconds: int) -> str:
    """Return the Jinja template of a window's end: the run's own time, its length, and the overlap with the next."""
    seconds = window_seconds + int(WINDOW_OVERLAP.total_seconds())
    return "{{ (dag_run.run_after + macros.timedelta(seconds=" + str(seconds) + ")).isoformat() }}"


class WindowOperator(BaseOperator):
    """
    One window of a queue workflow, run in the triggerer from its start to its end.

    :param account: the connection id of the execution instance.
    :param workflow: the internal name of the workflow.
    :param window_end: when the window ends, ISO 8601 (templated).
    :param window_seconds: how long a window is; one that takes twice as long is ended.
    """

    template_fields: Sequence[str] = ("window_end",)
    start_from_trigger = True
    trigger_class = WindowTrigger
    ui_color = "#d7e8f7"

    def __init__(self, *, account: str, workflow: str, window_end: str, window_seconds: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.workflow = workflow
        self.window_end = window_end
        self.window_timeout = window_timeout(window_seconds)
        trigger = self.trigger_class(account, workflow, window_end)
        class_path, trigger_kwargs = trigger.serialize()
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=class_path, trigger_kwargs=trigger_kwargs, next_method=_DONE, timeout=self.window_timeout
        )

    def execute(self, context: Context) -> None:
        """Defer at once, where a task has to start in a worker (``dag.test``)."""
        trigger = self.trigger_class(self.account, self.workflow, self.window_end)
        self.defer(trigger=trigger, method_name=_DONE, timeout=self.window_timeout)

    def execute_complete(self, context: Context, event: Any = None) -> None:
        """Do nothing: the trigger ends the task by itself."""
