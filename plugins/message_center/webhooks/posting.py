"""Posting a message: what a receiver may answer, for how long it is waited for, and what that means."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cache

import httpcore
import httpx

from message_center.accounts.webhook import Webhook
from message_center.errors import one_line
from message_center.webhooks.message import headers_of

CONNECTIONS = 10
"""How many messages are on their way to a receiver at once."""

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
IDLE_SECONDS = 30.0
MAX_ANSWER_BYTES = 65_536
MAX_PAUSE_SECONDS = 3600.0
GONE = 410
PAUSING = (429, 503)
"""After these a receiver may say until when to leave it alone."""


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


class Line:
    """
    A connection to a receiver, for one message after the other, which is made when it is needed.

    httpcore, which httpx is built on, and not httpx: redirects, cookies and logs are not wanted here, and windows that
    route share the processor.
    """

    def __init__(self, webhook: Webhook) -> None:
        self.webhook = webhook
        self._url = httpcore.URL(webhook.url)
        self._connection: httpcore.AsyncHTTPConnection | None = None

    async def post(self, message_id: str, body: bytes) -> Answer:
        """Post a message, signed now. Whatever a receiver does, it has been answered or given up within seconds."""
        try:
            return await asyncio.wait_for(self._post(message_id, body), ANSWER_SECONDS)
        except asyncio.TimeoutError:
            error = f"no answer within {ANSWER_SECONDS:.0f} s"
        except Exception as problem:  # noqa: BLE001 - whatever a receiver or its network does, the others go on
            error = _told(problem)
        await self.close()
        return Answer(error)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _post(self, message_id: str, body: bytes) -> Answer:
        headers = [*headers_of(message_id, body, self.webhook.keys, int(time.time())).items()]
        timeouts = {"timeout": {"connect": CONNECT_SECONDS, "read": ANSWER_SECONDS, "write": ANSWER_SECONDS}}
        connection = self._connected()
        async with connection.stream("POST", self._url, headers=headers, content=body, extensions=timeouts) as response:
            read = 0
            # Read to its end, the connection serves the next message; one that doesn't end is closed.
            async for chunk in response.aiter_stream():
                read += len(chunk)
                if read > MAX_ANSWER_BYTES:
                    break
        retry_after = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return answer_of(response.status, retry_after.decode("latin-1"))

    def _connected(self) -> httpcore.AsyncHTTPConnection:
        if self._connection is None or self._connection.is_closed() or self._connection.has_expired():
            self._connection = httpcore.AsyncHTTPConnection(
                self._url.origin, ssl_context=_trust(), keepalive_expiry=IDLE_SECONDS
            )
        return self._connection


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


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
