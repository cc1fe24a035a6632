"""The operator of the e-mail engine's windows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from message_center.delivery.engine import deliver_window
from message_center.delivery.smtp import MailHook
from message_center.hooks import ExecutionInstanceHook
from message_center.window import Connect


class DeliveryWindowOperator(BaseOperator):
    """
    Deliver e-mails of an account until the window's end, in a worker.

    :param account: the connection id of the execution instance.
    :param smtp_conn_id: the Airflow SMTP connection.
    :param window_end: when the window ends, ISO 8601 (templated; see ``window_end_template``).
    :param sessions: how many SMTP sessions work side by side.
    """

    template_fields: Sequence[str] = ("window_end",)
    ui_color = "#d9f2e3"

    def __init__(self, *, account: str, smtp_conn_id: str, window_end: str, sessions: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account
        self.smtp_conn_id = smtp_conn_id
        self.window_end = window_end
        self.sessions = sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def execute(self, context: Context) -> dict[str, int]:
        """Work until the window's end; its counts are the task's result."""
        # Both connections are got here, before the event loop: in it, a task cannot ask Airflow twice at once.
        connect = ExecutionInstanceHook(account=self.account).opener()
        return asyncio.run(self._deliver(connect, MailHook(self.smtp_conn_id).load()))

    def on_kill(self) -> None:
        """Finish what is being sent, log it, and give back the rest."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def _deliver(self, connect: Connect, mail: MailHook) -> dict[str, int]:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        return await deliver_window(
            connect,
            self.account,
            mail,
            datetime.fromisoformat(self.window_end),
            sessions=self.sessions,
            stop=self._stop,
        )
