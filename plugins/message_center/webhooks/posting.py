"""Posting a message: for how long a receiver is waited for, and how much of its answer is read."""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import cached_property
from urllib.parse import urlsplit

import httpcore

from message_center.accounts.webhook import Webhook
from message_center.webhooks.answers import Answer, answer_of, told
from message_center.webhooks.message import headers_of
from message_center.webhooks.network import Connection, Names, connection_to

CONNECTIONS = 10
"""How many messages are on their way to a receiver at once."""

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
BODY_SECONDS = 2.0
MAX_ANSWER_BYTES = 65_536


class Line:
    """
    A connection to a receiver, for one message after the other, which is made when it is needed.

    httpcore, which httpx is built on, and not httpx: redirects, cookies and logs are not wanted here, and windows that
    route share the processor.

    :param names: looks up the receiver's name; shared by all of its lines.
    """

    def __init__(self, webhook: Webhook, names: Names) -> None:
        self.webhook, self.names = webhook, names
        self._connection: Connection | None = None

    async def post(self, message_id: str, body: bytes) -> Answer:
        """Post a message, signed now. Whatever a receiver does, it has been answered or given up within seconds."""
        try:
            return await asyncio.wait_for(self._post(message_id, body), ANSWER_SECONDS)
        except asyncio.TimeoutError:
            error = f"no answer within {ANSWER_SECONDS:.0f} s"
        except Exception as problem:  # noqa: BLE001 - whatever a receiver or its network does, the others go on
            error = told(problem)
        await self.close()
        return Answer(error)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # It is of no use any more, whatever its end is like.
            with contextlib.suppress(Exception):
                await connection.aclose()

    async def _post(self, message_id: str, body: bytes) -> Answer:
        headers = [("host", self._host), *headers_of(message_id, body, self.webhook.keys, int(time.time())).items()]
        timeouts = {"connect": CONNECT_SECONDS, "read": ANSWER_SECONDS, "write": ANSWER_SECONDS}
        connection, given = self._connected(), {"timeout": timeouts}
        async with connection.stream("POST", self._url, headers=headers, content=body, extensions=given) as response:
            retry_after = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
            answer = answer_of(response.status, retry_after.decode("latin-1"))
            # The status is the answer. What comes behind it is only read so that the connection serves again.
            timeouts["read"] = BODY_SECONDS
            is_whole = await _is_read(response)
        if not is_whole:
            await self.close()
        return answer

    @cached_property
    def _url(self) -> httpcore.URL:
        return httpcore.URL(self.webhook.url)

    @cached_property
    def _host(self) -> str:
        # httpcore would leave out the brackets of an IPv6 address.
        return urlsplit(self.webhook.url).netloc

    def _connected(self) -> Connection:
        connection = self._connection
        if isinstance(connection, httpcore.AsyncHTTPConnection) and (
            connection.is_closed() or connection.has_expired()
        ):
            connection = None
        self._connection = connection or connection_to(self._url, self.names)
        return self._connection


async def _is_read(response: httpcore.Response) -> bool:
    """Read an answer to its end; no more than a bound of it, and not for long."""
    read, end = 0, time.monotonic() + BODY_SECONDS
    with contextlib.suppress(Exception):
        async for chunk in response.aiter_stream():
            read += len(chunk)
            if read > MAX_ANSWER_BYTES or time.monotonic() > end:
                return False
        return True
    return False
