"""The operator of the queue windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.triggers.base import StartTriggerArgs

from message_center.triggers import WindowTrigger
from message_center.workflows import WINDOW_OVERLAP


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
    """

    template_fields: Sequence[str] = ("window_end",)
    start_from_trigger = True
    ui_color = "#d7e8f7"

    def __init__(self, *, account: str, workflow: str, window_end: str, window_seconds: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.workflow = workflow
        self.window_end = window_end
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls="message_center.triggers.WindowTrigger",
            trigger_kwargs={"account": account, "workflow": workflow, "window_end": window_end},
            next_method="execute_complete",
            timeout=timedelta(seconds=2 * window_seconds) + WINDOW_OVERLAP,
        )

    def execute(self, context: Context) -> None:
        """Defer at once, where a task has to start in a worker (``dag.test``)."""
        self.defer(
            trigger=WindowTrigger(self.account, self.workflow, self.window_end),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Context, event: Any = None) -> None:
        """Do nothing: the trigger ends the task by itself."""
