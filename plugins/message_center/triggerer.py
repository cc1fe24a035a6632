"""Tasks that the triggerer does from beginning to end, without a process of a worker."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.triggers.base import BaseTrigger, StartTriggerArgs

_DONE = "execute_complete"


class TriggererOperator(BaseOperator):
    """A task that is its trigger, which ends it. A subclass calls :meth:`start_from` at the end of its ``__init__``."""

    start_from_trigger = True

    @abstractmethod
    def make_trigger(self) -> BaseTrigger:
        """Return the trigger, from the operator's fields."""

    def start_from(self, timeout: timedelta) -> None:
        """
        Have the scheduler hand the trigger over by itself.

        :param timeout: after which the task is ended that does not end by itself.
        """
        self.trigger_timeout = timeout
        class_path, arguments = self.make_trigger().serialize()
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=class_path, trigger_kwargs=arguments, next_method=_DONE, timeout=timeout
        )

    def execute(self, context: Context) -> None:
        """Defer at once, where a task has to start in a worker (``dag.test``)."""
        self.defer(trigger=self.make_trigger(), method_name=_DONE, timeout=self.trigger_timeout)

    def execute_complete(self, context: Context, event: Any = None) -> None:
        """Do nothing: the trigger ends the task by itself."""
