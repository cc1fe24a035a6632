"""The hook that a webhook's connection is made with: its *Test* tells the receiver that it is one."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from uuid import uuid4

from airflow.sdk import BaseHook

from message_center.accounts.webhook import WEBHOOK_CONNECTION_TYPE, Webhook, WebhookError
from message_center.webhooks.answers import Answer
from message_center.webhooks.from_airflow import webhook_of
from message_center.webhooks.network import Names
from message_center.webhooks.posting import Line


class WebhookHook(BaseHook):
    """
    Hook of a webhook.

    :param webhook_conn_id: the connection id.
    """

    conn_name_attr = "webhook_conn_id"
    default_conn_name = "message_center_webhook_default"
    conn_type = WEBHOOK_CONNECTION_TYPE
    hook_name = "Message Center webhook"

    def __init__(self, webhook_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.webhook_conn_id = webhook_conn_id

    def test_connection(self) -> tuple[bool, str]:
        """Send a signed message of the type ``webhook.test``, and tell whether it was taken."""
        try:
            webhook = webhook_of(self.get_connection(self.webhook_conn_id))
        except WebhookError as error:
            return False, str(error)
        answer = asyncio.run(_test(webhook))
        return answer.error is None, answer.error or "The receiver has taken a message of the type webhook.test"


async def _test(webhook: Webhook) -> Answer:
    now = datetime.now(timezone.utc).isoformat()
    body = json.dumps({"type": "webhook.test", "timestamp": now, "data": {}}).encode()
    names = Names()
    line = Line(webhook, names)
    try:
        return await line.post(f"msg_{uuid4().hex}", body)
    finally:
        await line.close()
        names.close()
