"""The door of our own: JSON over HTTP, below /v1."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from message_center.intake import openapi, streams
from message_center.intake.acting import WHEN, act
from message_center.intake.bodies import (
    check_encoding,
    idempotency_key,
    read_body,
    read_heads,
    read_json,
    read_text,
)
from message_center.intake.direct import Answer, DirectRoute
from message_center.intake.entrance import answer, enter_by_bearer
from message_center.intake.keys import QUEUES
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import push_many, push_one, told
from message_center.intake.reading import find_own, read_own_text
from message_center.trace_context import traceparent

router = APIRouter(prefix="/v1", tags=["Events"])
JSON = b"application/json"


async def push(request: Request) -> Response:
    """
    Push an event, an array of events, or a stream of them.

    An event is accepted (202) once it is stored. Of an array, and of a stream, each event has a result of its own, in
    their order.
    """
    queue = request.path_params["queue"]
    if queue not in QUEUES:
        raise ProblemError(404, "No such queue", remedy=f"Push to one of {', '.join(QUEUES)}.")
    entry = await enter_by_bearer(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in streams.MEDIA_TYPES:
        entry.needs_queue(queue)
        check_encoding(request)
        if "idempotency-key" in request.headers:
            raise ProblemError(
                400, "A stream has no Idempotency-Key", remedy="Give each event an idempotency_key of its own."
            )
        return streams.StreamedAnswer(streams.results(request, entry, queue))
    entry.needs("push")
    text = read_text(await read_body(request, entry.doors.settings.max_body_bytes))
    read, key = read_heads(text), idempotency_key(request)
    if isinstance(read, list):
        results = await push_many(entry, queue, text, read, key)
        parts = (told("position", position, result) for position, result in enumerate(results, 1))
        return Response(f'{{"results":[{",".join(parts)}]}}', media_type="application/json")
    result = await push_one(entry, queue, text, read, key, traceparent(request.headers.get("traceparent")))
    if result.id is None:
        raise ProblemError(422, "The event is refused", result.reason or "", "Correct it and send it again.")
    href = b"/v1/events/%d" % result.id
    return Answer(202, b'{"id":"%d","href":"%b"}' % (result.id, href), JSON, (b"location", href))


router.add_api_route("/{queue}/events", push, methods=["POST"], route_class_override=DirectRoute, **openapi.PUSH)


@router.get("/events/{event_id}", **openapi.READ)
async def read_event(request: Request, event_id: openapi.EventId) -> Response:
    """Read one of the caller's own events, with all that became of it."""
    return Response(await read_own_text(await enter_by_bearer(request), event_id), media_type="application/json")


@router.get("/events", **openapi.FIND)
async def find_events(
    request: Request,
    external_id: Annotated[str | None, Query(max_length=255)] = None,
    address: Annotated[str | None, Query(max_length=2048)] = None,
) -> Response:
    """Find the caller's own events, the newest first, by its own id of them or by an address."""
    entry = await enter_by_bearer(request)
    sought = (("external_id", external_id), ("address", _with_plus(address or "")))
    given = [(kind, value) for kind, value in sought if value]
    asked = [name for name, value in request.query_params.multi_items() if value]
    if len(given) != 1 or asked != [given[0][0]]:
        others = sorted(set(asked) - dict(sought).keys())
        raise ProblemError(
            400, "What to look for?", ", ".join(others)[:300], "Give external_id or address, once, and nothing else."
        )
    return answer({"events": await find_own(entry, *given[0])})


def _with_plus(address: str) -> str:
    """Return an address as it was meant: a plus that is not escaped says a space, which none has in these places."""
    if "@" in address:
        return address.replace(" ", "+")
    return f"+{address[1:]}" if address.startswith(" ") else address


@router.post("/events/{event_id}/replay", **openapi.REPLAY)
async def replay(request: Request, event_id: openapi.EventId) -> Response:
    """Send an event again that is at its end: as a new one, which names it."""
    new_id = await act(await enter_by_bearer(request), "replay", event_id, idempotency_key(request))
    href = f"/v1/events/{new_id}"
    return answer({"id": str(new_id), "href": href}, 202, Location=href)


@router.post("/events/{event_id}/cancel", **openapi.ACT)
async def cancel(request: Request, event_id: openapi.EventId) -> Response:
    """Take an event out of the queue that is pending."""
    await act(await enter_by_bearer(request), "cancel", event_id, idempotency_key(request))
    return answer({"id": event_id, "href": f"/v1/events/{event_id}"})


def _may_be_a_time(value: object) -> bool:
    """Tell whether an instance can be given a value as a time, whatever it says of it."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


@router.post("/events/{event_id}/reschedule", **openapi.RESCHEDULE)
async def reschedule(request: Request, event_id: openapi.EventId) -> Response:
    """Move the time from which a pending event is processed; ``null``: now."""
    entry = await enter_by_bearer(request)
    sent = read_json(read_text(await read_body(request, entry.doors.settings.max_body_bytes)), WHEN)
    # A misspelt field is not to mean: now.
    scheduled = sent["scheduled"] if isinstance(sent, dict) and sent.keys() == {"scheduled"} else ""
    if scheduled is not None and not _may_be_a_time(scheduled):
        raise ProblemError(400, "When?", "scheduled is not an ISO 8601 date and time.", WHEN)
    await act(entry, "reschedule", event_id, idempotency_key(request), scheduled)
    return answer({"id": event_id, "href": f"/v1/events/{event_id}"})
