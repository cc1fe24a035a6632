"""Posting a message: what a receiver may answer, for how long it is waited for, and what that means."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cache

import httpx

from message_center.accounts.webhook import Webhook
from message_center.errors import one_line
from message_center.webhooks.message import headers_of

CONNECTIONS = 10
"""How many messages are on their way to a receiver at once."""

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
MAX_ANSWER_BYTES = 65_536
MAX_PAUSE_SECONDS = 3600.0
GONE = 410
PAUSING = (429, 503)
"""After these a receiver may say until when to leave it alone."""

_posting: contextvars.ContextVar[bool] = contextvars.ContextVar("posting", default=False)


@dataclass(frozen=True)
class Answer:
    """
    What became of a message.

    :param error: why it was not taken; ``None`` if it was. Never a part of the URL, nor of what was answered.
    :param pause_seconds: for how long the receiver wants to be left alone.
    :param is_gone: whether it wants nothing any more.
    """

    error: str | None = None
    pause_seconds: float | None = None
    is_gone: bool = False


def new_client() -> httpx.AsyncClient:
    """Return a client for one receiver: what hangs there uses up no connection of another one's."""
    logging.getLogger("httpx").addFilter(_is_not_posting)
    return httpx.AsyncClient(
        verify=_trust(),
        follow_redirects=False,
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
    )


async def post(client: httpx.AsyncClient, webhook: Webhook, message_id: str, body: bytes) -> Answer:
    """Post a message, signed now. Whatever a receiver does, it has been answered or given up within seconds."""
    _posting.set(True)
    headers = headers_of(message_id, body, webhook.keys, int(time.time()))
    try:
        return await asyncio.wait_for(_post(client, webhook.url, headers, body), ANSWER_SECONDS)
    except asyncio.TimeoutError:
        return Answer(f"no answer within {ANSWER_SECONDS:.0f} s")
    except Exception as error:  # noqa: BLE001 - whatever a receiver or its network does, the others go on
        return Answer(_told(error))


async def _post(client: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes) -> Answer:
    async with client.stream("POST", url, content=body, headers=headers) as response:
        read = 0
        # Read to its end, the connection serves the next message; one that doesn't end is closed.
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > MAX_ANSWER_BYTES:
                break
    return answer_of(response.status_code, response.headers.get("retry-after"))


def answer_of(status: int, retry_after: str | None = None) -> Answer:
    """Return what a receiver's status means: 2xx alone is taken, and no redirect is followed."""
    if status in range(200, 300):
        return Answer()
    what = "a redirect, which is not followed" if status in range(300, 400) else "refused"
    pause = _seconds(retry_after) if status in PAUSING else None
    return Answer(f"{what}: HTTP {status}", pause, status == GONE)


def _seconds(retry_after: str | None) -> float | None:
    """Return how long Retry-After asks to wait: seconds, or a date."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdecimal():
            seconds = float(retry_after)
        else:
            seconds = (parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), MAX_PAUSE_SECONDS)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {one_line(error)}" if str(error) else type(error).__name__


def _is_not_posting(record: logging.LogRecord) -> bool:
    """Keep httpx from logging each request: in a URL there may be a secret."""
    return not _posting.get()


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
