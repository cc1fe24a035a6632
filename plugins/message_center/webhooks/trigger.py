"""The trigger in which the windows of webhooks run, and its operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import psycopg
from airflow.triggers.base import TriggerEvent

from message_center.instances.heartbeats import WindowPhase
from message_center.queues.operator import WindowOperator
from message_center.queues.trigger import WindowTrigger
from message_center.queues.window import Connect, Window
from message_center.webhooks.from_airflow import kept, load_webhooks, patience
from message_center.webhooks.work import WebhookDelivery


class WebhookWindow(Window):
    """A window at whose end nothing is on its way any more, and that sends nothing while it has lost its turn."""

    work: WebhookDelivery

    def interrupted(self) -> None:
        """Send nothing of what is in hand: another window may be telling what came later."""
        self.work.give_up()

    async def heartbeat(self, connection: psycopg.AsyncConnection, phase: WindowPhase) -> None:
        """Leave a heartbeat; at the end, after what is on its way has been answered and logged."""
        if phase == "success":
            await self.work.finish(connection)
        await super().heartbeat(connection, phase)


class WebhookTrigger(WindowTrigger):
    """Run one window of an account's webhooks."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Work until the window's end, and close what is open to receivers, however it ends."""
        self.work = WebhookDelivery(partial(load_webhooks, self.account), patience(), kept())
        try:
            async for event in super().run():
                yield event
        finally:
            await self.work.close()

    def _window(self, connect: Connect) -> Window:
        return WebhookWindow(self.account, self.work, datetime.fromisoformat(self.window_end), connect)


class WebhookWindowOperator(WindowOperator):
    """One window of an account's webhooks, run in the triggerer from its start to its end."""

    trigger_class = WebhookTrigger
