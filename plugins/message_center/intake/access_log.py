"""One line for each request, and nothing of a person in it: no address, no query, no body, no IP address."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("message_center.intake.access")
NOTED = "message_center"
"""The key of a request's scope under which a door notes who came in."""


class AccessLog:
    """Logs the method, the route, the status, who came in, and how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            milliseconds = (time.perf_counter() - begin) * 1000
            # The route and not the path: what somebody sends there may be an address.
            route = getattr(scope.get("route"), "path", "-")
            who = scope.get(NOTED, "-")
            log.info("%s %s %s %s %.1f ms", scope["method"], route, status or "-", who, milliseconds)
