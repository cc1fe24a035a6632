"""How the REST doors let callers in, and answer them."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import Response

from message_center.intake.access_log import NOTED
from message_center.intake.doors import Doors, Entry
from message_center.intake.pushing import dumped


async def enter(request: Request, secret: str | None) -> Entry:
    """
    Let in whoever has a secret, and note who it is for the log.

    :raises ProblemError: if there is no such caller.
    """
    doors: Doors = request.app.state.doors
    entry = await doors.enter(secret)
    request.scope[NOTED] = f"{entry.instance.account}/{entry.caller}"
    return entry


async def enter_by_bearer(request: Request) -> Entry:
    """
    Let in whoever sends a secret as its bearer.

    :raises ProblemError: if there is no such caller.
    """
    return await enter(request, bearer(request))


def bearer(request: Request) -> str | None:
    """Return the bearer's secret."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def own_address(request: Request) -> str:
    """
    Return where the doors are, as the caller sees them.

    Before them is a proxy that speaks TLS. Whoever says so without one tells it to nobody but itself.
    """
    scheme = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    url = request.base_url.replace(scheme=scheme) if scheme in ("http", "https") else request.base_url
    return str(url).rstrip("/")


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(dumped(value), status, headers, "application/json")
