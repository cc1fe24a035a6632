"""One line for each request, and nothing of a person in it: no address, no query, no body, no IP address."""

from __future__ import annotations

import asyncio
import logging
import sys
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("message_center.intake.access")
NOTED = "message_center"
"""The key of a request's scope under which a door notes who came in."""
SECONDS = 0.25


class AccessLog:
    """Notes the method, the route, the status, who came in, and how long it took."""

    def __init__(self, app: ASGIApp, lines: Lines) -> None:
        self.app, self.lines = app, lines

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
            self.lines.add(f"{scope['method']} {route} {status or '-'} {who} {milliseconds:.1f} ms")


class Lines:
    """
    Lines that are written together, some times a second.

    To make a record of each and to write it took an eighth of a push. A door that is killed loses those of its last
    quarter of a second; what it acknowledged is in the database.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._second, self._time = 0, ""

    def add(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(SECONDS, self.write)
        second, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
        if second != self._second:
            self._second, self._time = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        self._lines.append(f"{self._time},{milliseconds:03} {line}")

    def write(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            log.info("\n".join(lines))


def write_as_they_are() -> None:
    """Write the lines to standard output with nothing before them: each has its time."""
    log.addHandler(logging.StreamHandler(sys.stdout))
    log.propagate = False
