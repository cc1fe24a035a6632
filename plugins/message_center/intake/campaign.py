"""The door for callers of Campaign's REST API of transactional messages: its paths, its words, its statuses."""

from __future__ import annotations

import json
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from message_center import ctx
from message_center.channels import CHANNELS
from message_center.intake import openapi
from message_center.intake.aside import LARGE, aside
from message_center.intake.bodies import fields_of, idempotency_key, read_body, read_text, with_fields
from message_center.intake.codes import code_of
from message_center.intake.entrance import enter_by_bearer, own_address
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import push_one
from message_center.intake.reading import read_own
from message_center.intake.soap.events import OTHERS
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
EVENT = "Send a JSON object with an address and ctx."
OF_A_PUSH = ("pushPlatform", "application")
"""What events for an app have besides: it is kept in ``ctx``, where SOAP keeps what we have no word for."""
PLATFORMS = {"apns": CHANNELS["ios"], "gcm": CHANNELS["android"], "fcm": CHANNELS["android"]}
Fragment = str
"""JSON as it was written: what may be long is not read into objects."""
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
    body = read_text(await read_body(request, entry.doors.settings.max_body_bytes))
    sent = await aside(fields_of, body, EVENT) if len(body) > LARGE else fields_of(body, EVENT)
    if sent is None:
        raise ProblemError(400, "The body is no event", remedy=EVENT)
    text = _object(as_event(sent, event_type))
    key, trace = idempotency_key(request), traceparent(request.headers.get("traceparent"))
    result = await push_one(entry, "rt", text, {"type": event_type}, key, trace)
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
    others = event["ctx"].get(OTHERS)
    shown = {theirs: event[ours] for theirs, ours in FIELDS.items() if event[ours] is not None}
    if isinstance(others, dict) and others.keys() <= set(OF_A_PUSH):
        shown.update(event["ctx"].pop(OTHERS))
    fields = {name: ctx.write_json(value) for name, value in shown.items()}
    return told(request, primary_key, event_type, event["status"], fields)


def as_event(sent: dict[str, Fragment], event_type: str) -> dict[str, Fragment]:
    """
    Return an event in our words.

    :raises ProblemError: if a field is none of Campaign's: a misspelt one is not lost.
    """
    if unknown := sorted(sent.keys() - FIELDS.keys() - set(OF_A_PUSH)):
        names = ", ".join(name[:100] for name in unknown[:10])
        raise ProblemError(400, "Unknown fields", names, f"Use {', '.join([*FIELDS, *OF_A_PUSH])}.")
    event = {FIELDS[name]: value for name, value in sent.items() if value != "null" and name in FIELDS}
    channel = _channel(event, sent.get("pushPlatform", "null"))
    if channel is not None:
        event["wished_channel"] = json.dumps(channel)
    others = {name: ctx.read_json(sent[name]) for name in OF_A_PUSH if name in sent}
    if others and event.get("ctx", "").startswith("{"):
        event["ctx"] = with_fields(event["ctx"], {}, {OTHERS: others})
    return {"type": json.dumps(event_type), **event}


def _channel(event: dict[str, Fragment], platform: Fragment) -> int | str | None:
    """Return the channel that is told by a word, or by the one address that there is; e-mail comes first."""
    if "wished_channel" in event:
        channel = ctx.read_json(event["wished_channel"])
        return code_of("wished_channel", channel) if isinstance(channel, str) else None
    if "email" in event:
        return None
    if "mobile_phone" in event:
        return CHANNELS["mobile"]
    known = PLATFORMS.get(str(ctx.read_json(platform)).lower())
    if known is None and "registration_token" in event:
        remedy = f"Send as pushPlatform one of {', '.join(PLATFORMS)}, or a wishedChannel."
        raise ProblemError(422, "The event is refused", "pushPlatform does not say how to reach the app", remedy)
    return known


def _object(fields: dict[str, Fragment]) -> str:
    return f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in fields.items())}}}"


def told(request: Request, primary_key: str, event_type: str, status: str, fields: dict[str, Fragment]) -> Response:
    """Answer in Campaign's words."""
    server = own_address(request)
    place = quote(request.scope["path"].removesuffix(f"/{primary_key}"))
    told_of = {
        "PKey": primary_key,
        "href": f"{server}{place}/{primary_key}",
        "serverUrl": server,
        "status": STATUSES[status],
        "type": event_type,
    }
    written = {name: json.dumps(value) for name, value in told_of.items()}
    return Response(_object({**fields, **written}), media_type="application/json")
