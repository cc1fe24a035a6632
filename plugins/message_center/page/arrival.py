"""
Gives our page a script that is there before Airflow's own.

Airflow hands the whole address of somebody who has to sign in to its sign-in, in a query, which servers log; what is
about a person stands behind the "#" so that none does.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = "/plugin/message-center"
HEAD_ENDS = b"</head>"
# Relative to the base of Airflow's page: below whatever path it is served.
SCRIPT = b'<script src="message-center/static/arrival.js"></script>'


class Arrival:
    """Adds the script to the page that Airflow answers with; everything else goes by untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or PAGE not in scope["path"]:
            await self._app(scope, receive, send)
            return
        # It is small, and is read here.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, _Page(send).send)


class _Page:
    """Holds an answer back until all of it is there."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        else:
            await self._add(message)

    async def _add(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            body = self._body.replace(HEAD_ENDS, SCRIPT + HEAD_ENDS, 1)
            MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": body})
