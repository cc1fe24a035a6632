"""The door of our own: JSON over HTTP, below /v1."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from message_center.intake import openapi, streams
from message_center.intake.access_log import NOTED
from message_center.intake.bodies import idempotency_key, read_body, read_json, read_text
from message_center.intake.doors import Doors, Entry
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import as_json, dumped, push_many, push_one
from message_center.intake.tracing import traceparent

router = APIRouter(prefix="/v1", tags=["Events"])
Queue = Literal["rt", "batch"]
EventId = Annotated[str, openapi.EVENT_ID]
MAX_BIGINT = 2**63 - 1
MAX_FOUND = 100


async def enter(request: Request) -> Entry:
    """
    Let in whoever sends a secret as its bearer.

    :raises ProblemError: if there is no such caller.
    """
    doors: Doors = request.app.state.doors
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    entry = await doors.enter(secret.strip() if scheme.lower() == "bearer" else None)
    request.scope[NOTED] = f"{entry.instance.account}/{entry.caller}"
    return entry


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(dumped(value), status, headers, "application/json")


@router.post("/{queue}/events", **openapi.PUSH)
async def push(request: Request, queue: Queue) -> Response:
    """
    Push an event, an array of events, or a stream of them.

    An event is accepted (202) once it is stored. Of an array, and of a stream, each event has a result of its own, in
    their order.
    """
    entry = await enter(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == streams.MEDIA_TYPE:
        entry.needs_queue(queue)
        return streams.StreamedAnswer(streams.results(request, entry, queue))
    entry.needs("push")
    text = read_text(await read_body(request, entry.doors.settings.max_body_bytes))
    read, key = read_json(text), idempotency_key(request)
    if isinstance(read, list):
        results = await push_many(entry, queue, text, read, key)
        told = [{"position": position, **as_json(result)} for position, result in enumerate(results, 1)]
        return answer({"results": told})
    result = await push_one(entry, queue, text, read, key, traceparent(request))
    if result.id is None:
        raise ProblemError(422, "The event is refused", result.reason or "", "Correct it and send it again.")
    href = f"/v1/events/{result.id}"
    return answer({"id": str(result.id), "href": href}, 202, Location=href)


@router.get("/events/{event_id}", **openapi.READ)
async def read_event(request: Request, event_id: EventId) -> Response:
    """Read one of the caller's own events, with all that became of it."""
    entry = await enter(request)
    entry.needs("read")
    rows = await entry.instance.rows("event", entry.caller, int(event_id)) if int(event_id) <= MAX_BIGINT else []
    if not rows or rows[0][0] is None:
        raise ProblemError(404, "No such event", "This caller has none with this id.", "Look it up by its external id.")
    return answer(rows[0][0])


@router.get("/events", **openapi.FIND)
async def find_events(
    request: Request,
    external_id: Annotated[str | None, Query(max_length=255)] = None,
    address: Annotated[str | None, Query(max_length=2048)] = None,
) -> Response:
    """Find the caller's own events, the newest first, by its own id of them or by an address."""
    entry = await enter(request)
    entry.needs("read")
    given = [(kind, value) for kind, value in (("external_id", external_id), ("address", address)) if value]
    if len(given) != 1 or "\0" in given[0][1]:
        raise ProblemError(400, "What to look for?", remedy="Give external_id or address, and not both.")
    ((kind, value),) = given
    rows = await entry.instance.rows(f"events_by_{kind}", entry.caller, value, MAX_FOUND)
    return answer({"events": [event for (event,) in rows]})
