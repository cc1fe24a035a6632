"""What monitoring asks: whether the doors are open, and how full the queues are."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from typing import Any
from xml.sax.saxutils import quoteattr

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from message_center import __version__
from message_center.intake.doors import Doors
from message_center.intake.instance import Instance
from message_center.intake.problems import ProblemError

router = APIRouter(tags=["Monitoring"])
ALERT = 400
FULL: dict[int | str, dict[str, Any]] = {503: {"description": "Too many wait", "content": {"text/plain": {}}}}
COUNTED_SECONDS = 1.0


class XmlResponse(Response):
    """An answer in XML."""

    media_type = "text/xml"


@router.head("/nl/jsp/mcPing.jsp", include_in_schema=False)
@router.get("/nl/jsp/mcPing.jsp", response_class=PlainTextResponse, responses=FULL)
async def ping(request: Request) -> Response:
    """Say how many events wait, of how many before it is an alert: over all instances, and both queues."""
    doors: Doors = request.app.state.doors
    limit = doors.settings.max_pending or ALERT
    counts = await asyncio.gather(*(_pending(instance, limit) for instance in doors.instances))
    now = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z"
    if None in counts:
        return PlainTextResponse(f"Error\n{now}\nAn instance cannot be reached\n", 503)
    pending = sum(count or 0 for count in counts)
    if pending > limit:
        return PlainTextResponse(f"Error\n{now}\nThe queue is full ({pending}/{limit})\n", 503)
    return PlainTextResponse(f"Ok\n{now}\n{pending}/{limit} pending events\n")


async def _pending(instance: Instance, limit: int) -> int | None:
    """Count what waits in an instance, at most once a second, whoever asks; ``None``: it can't be told."""
    if time.monotonic() - instance.counted_at > COUNTED_SECONDS:
        try:
            await instance.count_pending(limit + 1)
        except ProblemError:
            return None
    return sum(instance.pending.values())


@router.head("/r/test", include_in_schema=False)
@router.get("/r/test", response_class=XmlResponse)
async def test(request: Request) -> Response:
    """Say that the process is there."""
    now = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S}"
    told = f"<redir status='OK' date={quoteattr(now)} build={quoteattr(__version__)}/>"
    return XmlResponse(told)
