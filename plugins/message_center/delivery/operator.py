"""The operator of the delivery engine's windows, for whatever channel."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from message_center.delivery.engine import deliver_window
from message_center.delivery.sender import Sender
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.instances.own_connections import KNOWN_CONTROL, own_connections
from message_center.queues.ending import WORKER_LOOK_SECONDS, EndingWatch
from message_center.queues.window import Connect
from message_center.rendering.bounds import bounded_memory


class DeliveryWindowOperator(BaseOperator):
    """
    Deliver an account's messages of a channel until the window's end, in a worker.

    :param account: the connection id of the execution instance.
    :param window_end: when the window ends, ISO 8601 (templated; see ``window_end_template``).
    :param sessions: how many sessions with the channel's server work side by side.
    """

    template_fields: Sequence[str] = ("window_end",)
    ui_color = "#d9f2e3"

    def __init__(self, *, account: str, window_end: str, sessions: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.window_end = window_end
        self.sessions = sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ended_early = ""

    @abstractmethod
    def sender(self) -> Sender[Any]:
        """Return the channel's sender, with whatever Airflow connection it needs loaded."""

    def execute(self, context: Context) -> dict[str, Any] | None:
        """Work until the window's end; its counts are the task's result, if there is anything to count."""
        # Connections are got here, before the event loop: in it, a task cannot ask Airflow twice at once.
        control = KNOWN_CONTROL.identity()
        connect = own_connections(ExecutionInstanceHook(account=self.account).opener(), self.account, control)
        with bounded_memory():
            run = context["ti"]
            return asyncio.run(self._deliver(connect, self.sender(), run.dag_id, run.run_id))

    def on_kill(self) -> None:
        """Finish what is being sent, log it, and give back the rest."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def _deliver(self, connect: Connect, sender: Sender[Any], dag_id: str, run_id: str) -> dict[str, Any] | None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        end = datetime.fromisoformat(self.window_end)
        with EndingWatch(WORKER_LOOK_SECONDS).over(dag_id, run_id, self._end_early):
            counts = await deliver_window(connect, self.account, sender, end, sessions=self.sessions, stop=self._stop)
        if self._ended_early:
            return counts | {"ended_early": self._ended_early}
        return counts if any(counts.values()) else None

    def _end_early(self, reason: str) -> None:
        assert self._stop is not None
        self._ended_early = reason
        self._stop.set()
