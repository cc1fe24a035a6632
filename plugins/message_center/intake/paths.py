"""Addresses that are put together from two parts, with a slash too many."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Respelt:
    """
    What is done with an address that nobody knows: it is looked for once more, without the empty parts of its path.

    :param app: looks for it.
    :param not_found: answers if that is no other address.
    """

    def __init__(self, app: ASGIApp, not_found: ASGIApp) -> None:
        self.app, self.not_found = app, not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = "/" + "/".join(part for part in scope.get("path", "").split("/") if part)
        if scope["type"] == "http" and path != scope["path"]:
            scope["path"] = path
            await self.app(scope, receive, send)
        else:
            await self.not_found(scope, receive, send)
