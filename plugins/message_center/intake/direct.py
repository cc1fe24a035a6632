"""Routes on which every microsecond counts: described like any other, and called without what lies between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from message_center.intake.problems import ProblemError


class DirectRoute(APIRoute):
    """
    A route whose function takes the request, and nothing else, and returns the response.

    FastAPI would look for parameters and for dependencies, which takes longer than all the rest of a push.
    """


class DirectCalls:
    """
    Calls direct routes before anything else is looked at. What is for another one goes on.

    :param routes: those of the application.
    :param tell: answers with a problem.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        tell: Callable[[Request, ProblemError], Awaitable[Response]],
    ) -> None:
        self.app, self.tell = app, tell
        self.routes = [(route.path_regex, route) for route in routes if isinstance(route, DirectRoute)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for pattern, route in self.routes:
                found = pattern.match(scope["path"])
                if found and scope["method"] in route.methods:
                    scope["route"], scope["path_params"] = route, found.groupdict()
                    await self._call(route, DirectRequest(scope, receive), send)
                    return
        await self.app(scope, receive, send)

    async def _call(self, route: DirectRoute, request: Request, send: Send) -> None:
        try:
            response = await route.endpoint(request)
        except ProblemError as problem:
            response = await self.tell(request, problem)
        await response(request.scope, request.receive, send)


class DirectRequest(Request):
    """A request that looks through its headers once, and not for each that is asked for."""

    @property
    def headers(self) -> Headers:
        """The headers."""
        if not hasattr(self, "_headers"):
            self._headers = _Table(self.scope["headers"])
        return self._headers


class _Table(Headers):
    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        # Of several with one name the first.
        self._values = dict(reversed(raw))

    def get(self, key: str, default: Any = None) -> Any:
        value = self._values.get(key.encode("latin-1"))
        return default if value is None else value.decode("latin-1")


class Answer(Response):
    """
    A response that is sent as it stands.

    :param headers: besides those of the content.
    """

    def __init__(self, status: int, body: bytes, media_type: bytes, *headers: tuple[bytes, bytes]) -> None:
        self.status_code, self.body = status, body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})
