"""The operator of the queue windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from message_center.queues.trigger import WindowTrigger
from message_center.triggerer import TriggererOperator

# A run begins this long before its predecessor ends, so that no event waits for the hand-over.
WINDOW_OVERLAP = timedelta(seconds=10)


def window_timeout(window_seconds: int) -> timedelta:
    """Return when a window is ended that does not end by itself."""
    return timedelta(seconds=2 * window_seconds) + WINDOW_OVERLAP


def window_end_template(window_seconds: int) -> str:
    """Return the Jinja template of a window's end: the run's own time, its length, and the overlap with the next."""
    seconds = window_seconds + int(WINDOW_OVERLAP.total_seconds())
    return "{{ (dag_run.run_after + macros.timedelta(seconds=" + str(seconds) + ")).isoformat() }}"


class WindowOperator(TriggererOperator):
    """
    One window of a queue workflow, run in the triggerer from its start to its end.

    :param account: the connection id of the execution instance.
    :param workflow: the internal name of the workflow.
    :param window_end: when the window ends, ISO 8601 (templated).
    :param window_seconds: how long a window is; one that takes twice as long is ended.
    """

    template_fields: Sequence[str] = ("window_end",)
    trigger_class = WindowTrigger
    ui_color = "#d7e8f7"

    def __init__(self, *, account: str, workflow: str, window_end: str, window_seconds: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.workflow = workflow
        self.window_end = window_end
        self.start_from(window_timeout(window_seconds))

    def make_trigger(self) -> WindowTrigger:
        """Return the trigger of the window."""
        return self.trigger_class(self.account, self.workflow, self.window_end)
