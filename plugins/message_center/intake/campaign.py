"""The door for callers of Campaign's REST API of transactional messages: its paths, its words, its statuses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from message_center import ctx
from message_center.channels import CHANNELS
from message_center.intake import openapi
from message_center.intake.bodies import idempotency_key, read_body, read_json, read_text
from message_center.intake.codes import code_of
from message_center.intake.entrance import enter_by_bearer, own_address
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import push_one
from message_center.intake.reading import read_own
from message_center.trace_context import traceparent

router = APIRouter(tags=["Campaign-shaped"])

FIELDS = {
    "email": "email",
    "mobilePhone": "mobile_phone",
    "registrationToken": "registration_token",
    "wishedChannel": "wished_channel",
    "scheduled": "scheduled",
    "expiration": "expiration",
    "externalId": "external_id",
    "origin": "origin",
    "language": "language",
    "country": "country",
    "ctx": "ctx",
}
STATUSES = {
    "Pending": "pending",
    "Pending delivery": "processing",
    "Sent": "processed",
    "Ignored by the delivery": "ignored",
    "Delivery failed": "deliveryFailed",
    "Event not taken into account": "routingFailed",
    "Expired": "tooOld",
}


@router.post("/campaign/{api}/{event_type}", **openapi.CAMPAIGN_PUSH)
@router.post("/{organization}/campaign/{api}/{event_type}", **openapi.CAMPAIGN_PUSH)
async def push(request: Request, api: str, event_type: str) -> Response:
    """Push a real-time event of a type; what the caller sent comes back, with its primary key and where it is."""
    entry = await enter_by_bearer(request)
    entry.needs("push")
    text = read_text(await read_body(request, entry.doors.settings.max_body_bytes))
    read_json(text)
    # Once more, in the way that keeps each number as it was written.
    sent = ctx.read_json(text)
    event = as_event(sent, event_type)
    key, trace = idempotency_key(request), traceparent(request.headers.get("traceparent"))
    result = await push_one(entry, "rt", ctx.write_json(event), event, key, trace)
    if result.id is None:
        raise ProblemError(422, "The event is refused", result.reason or "", "Correct it and send it again.")
    return told(request, str(result.id), event_type, "Pending", sent)


@router.get("/campaign/{api}/{event_type}/{primary_key}", **openapi.READ)
@router.get("/{organization}/campaign/{api}/{event_type}/{primary_key}", **openapi.READ)
async def read(request: Request, api: str, event_type: str, primary_key: openapi.EventId) -> Response:
    """Read an event by its primary key, with the status that it has now."""
    entry = await enter_by_bearer(request)
    event = await read_own(entry, primary_key)
    if event["type"] != event_type:
        raise ProblemError(404, "No such event", "This caller has none of this type with this key.", "Use its href.")
    shown = {theirs: event[ours] for theirs, ours in FIELDS.items() if event[ours] is not None}
    return told(request, primary_key, event_type, event["status"], shown)


def as_event(sent: Any, event_type: str) -> dict[str, Any]:
    """
    Return an event in our words.

    :raises ProblemError: if a field is none of Campaign's: a misspelt one is not lost.
    """
    if not isinstance(sent, dict):
        raise ProblemError(400, "The body is no event", remedy="Send a JSON object with an address and ctx.")
    if unknown := sorted(sent.keys() - FIELDS.keys()):
        raise ProblemError(
            400, "Unknown fields", ", ".join(name[:100] for name in unknown[:10]), f"Use {', '.join(FIELDS)}."
        )
    event = {FIELDS[name]: value for name, value in sent.items() if value is not None}
    channel = event.get("wished_channel")
    if isinstance(channel, str):
        event["wished_channel"] = code_of("wished_channel", channel)
    elif channel is None and "email" not in event and "mobile_phone" in event:
        event["wished_channel"] = CHANNELS["mobile"]
    return {"type": event_type, **event}


def told(request: Request, primary_key: str, event_type: str, status: str, fields: dict[str, Any]) -> Response:
    """Answer in Campaign's words."""
    server = own_address(request)
    place = quote(request.url.path.removesuffix(f"/{primary_key}"))
    told_of = {
        "PKey": primary_key,
        "href": f"{server}{place}/{primary_key}",
        "serverUrl": server,
        "status": STATUSES[status],
        "type": event_type,
    }
    return Response(ctx.write_json({**fields, **told_of}), media_type="application/json")
