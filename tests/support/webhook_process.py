"""A process of its own that tells a webhook, in a window, as a triggerer does: one that can be killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import psycopg

from message_center.accounts.webhook import Webhook
from message_center.queues.window import Window
from message_center.webhooks.work import WebhookDelivery
from support.process import TESTS, inherited_environment


async def tell(uri: str, url: str, secret: str) -> None:
    """Tell a webhook for ten minutes. Without Airflow, which takes seconds to be imported."""
    told = Webhook.from_connection("erp", url, secret, {}, http_is_allowed=True)
    work = WebhookDelivery(lambda: [told], timedelta(days=5), timedelta(days=7))

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    await Window("mcTest", work, datetime.now(timezone.utc) + timedelta(minutes=10), connect).run()


@contextmanager
def telling(uri: str, url: str, secret: str) -> Iterator[subprocess.Popen[bytes]]:
    """Tell a webhook from a process, until the end of the block."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "support.webhook_process", uri, url, secret],
        cwd=TESTS,
        env={**inherited_environment(), "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(tell(*sys.argv[1:]))
