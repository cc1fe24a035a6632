"""What the OpenAPI document says of each call, for people and for whoever makes clients from it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

EventId = Annotated[str, Path(pattern=r"^[0-9]{1,19}$", description="The id of an event, as it was answered.")]

_TEXT = {"type": "string"}
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["type", "ctx"],
    "additionalProperties": False,
    "properties": {
        "type": {**_TEXT, "maxLength": 255, "description": "The event type; names the template."},
        "wished_channel": {"enum": [0, 1, 41, 42], "description": "0 e-mail, 1 mobile, 41 iOS, 42 Android."},
        "email": {**_TEXT, "maxLength": 320},
        "mobile_phone": {**_TEXT, "maxLength": 64},
        "registration_token": {**_TEXT, "maxLength": 2048},
        "ctx": {"type": "object", "description": "The message's data."},
        **{name: {**_TEXT, "maxLength": 255} for name in ("language", "country", "external_id", "origin")},
        "email_format": {"enum": [0, 1, 2], "description": "0 unknown, 1 text, 2 HTML."},
        "scheduled": {**_TEXT, "format": "date-time"},
        "expiration": {**_TEXT, "format": "date-time"},
        "idempotency_key": {**_TEXT, "maxLength": 255},
        "replay_of": {**_TEXT, "description": "The id of the event that this one sends again."},
        "traceparent": {**_TEXT, "maxLength": 255},
    },
    "example": {
        "type": "password_reset",
        "email": "john@example.com",
        "ctx": {"customer": {"first_name": "John"}, "reset": {"url": "https://example.com/r/1", "valid_minutes": 15}},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {"title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "remedy": _TEXT},
}
RESULT: dict[str, Any] = {
    "type": "object",
    "properties": {"position": {"type": "integer"}, "id": _TEXT, "reason": _TEXT},
}


def _header(name: str, told: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"headers": {name: {"description": told, "required": True, "schema": schema}}}


_LOCATION = _header("Location", "Where the event is read", _TEXT)
_RETRY_AFTER = _header("Retry-After", "After how many seconds the same may succeed", {"type": "integer"})
_OF_STATUS = {401: _header("WWW-Authenticate", "Bearer", _TEXT), 429: _RETRY_AFTER, 503: _RETRY_AFTER}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what is said of these statuses: each is a problem with a remedy."""
    content = {"application/problem+json": {"schema": PROBLEM}}
    told = {
        400: "What was sent is not what this call takes",
        401: "No such caller",
        403: "The caller may not do this",
        404: "There is none",
        409: "A call with the same Idempotency-Key is still under way, or the event is past what was asked for",
        413: "Too large",
        415: "The body is packed",
        422: "Refused, with the reason",
        429: "Too many events; Retry-After says when there is room",
        503: "The instance can't be reached, or its queue is full; Retry-After says when to try again",
    }
    return {
        status: {"description": told[status], "content": content, **_OF_STATUS.get(status, {})} for status in statuses
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


SECURITY: dict[str, Any] = {"security": [{"secret": []}]}
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {**_TEXT, "minLength": 1, "maxLength": 200, "pattern": "^[!#-~]+$"},
    "description": "Sent again with the same body, the call gets the first answer. A stream has none.",
}
TRACE: dict[str, Any] = {
    "name": "traceparent", "in": "header", "schema": _TEXT, "description": "W3C Trace Context.",
}  # fmt: skip
PUSH: dict[str, Any] = {
    "status_code": 202,
    "responses": {
        202: {
            "description": "The event is stored",
            "content": _json({"type": "object", "properties": {"id": _TEXT, "href": _TEXT}}),
            **_LOCATION,
        },
        200: {
            "description": "A result for each event",
            "content": {
                **_json({"type": "object", "properties": {"results": {"type": "array", "items": RESULT}}}),
                "application/x-ndjson": {"schema": RESULT},
            },
        },
        **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
    "openapi_extra": {
        **SECURITY,
        "parameters": [
            {"name": "queue", "in": "path", "required": True, "schema": {"enum": ["rt", "batch"]}},
            KEY,
            TRACE,
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [EVENT, {"type": "array", "items": EVENT}]}},
                "application/x-ndjson": {"schema": EVENT},
            },
        },
    },
}
READ: dict[str, Any] = {
    "responses": {
        200: {"description": "The event", "content": _json({"type": "object"})},
        **problems(400, 401, 403, 404, 503),
    },
    "openapi_extra": SECURITY,
}
FIND: dict[str, Any] = {
    "responses": {
        200: {
            "description": "At most a hundred events",
            "content": _json({"type": "object", "properties": {"events": {"type": "array"}}}),
        },
        **problems(400, 401, 403, 503),
    },
    "openapi_extra": SECURITY,
}
SCHEMES = {"secret": {"type": "http", "scheme": "bearer", "description": "The caller's secret, mc_…"}}
_DONE = _json({"type": "object", "properties": {"id": _TEXT, "href": _TEXT}})
ACT: dict[str, Any] = {
    "responses": {
        200: {"description": "Done", "content": _DONE},
        **problems(400, 401, 403, 404, 409, 422, 503),
    },
    "openapi_extra": {**SECURITY, "parameters": [KEY]},
}
REPLAY: dict[str, Any] = {
    "status_code": 202,
    "responses": {
        202: {"description": "The new event is stored", "content": _DONE, **_LOCATION},
        **problems(400, 401, 403, 404, 409, 422, 429, 503),
    },
    "openapi_extra": {**SECURITY, "parameters": [KEY]},
}
RESCHEDULE: dict[str, Any] = {
    "responses": {**ACT["responses"], **problems(413, 415)},
    "openapi_extra": {
        **SECURITY,
        "parameters": [KEY],
        "requestBody": {
            "required": True,
            "content": _json(
                {
                    "type": "object",
                    "required": ["scheduled"],
                    "additionalProperties": False,
                    "properties": {"scheduled": {"type": ["string", "null"], "format": "date-time"}},
                }
            ),
        },
    },
}
CAMPAIGN_EVENT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "email": _TEXT,
        "mobilePhone": _TEXT,
        "registrationToken": _TEXT,
        "pushPlatform": {"enum": ["apns", "gcm", "fcm"]},
        "application": _TEXT,
        "wishedChannel": {"oneOf": [{"enum": ["email", "mobile", "ios", "android"]}, {"enum": [0, 1, 41, 42]}]},
        "scheduled": {**_TEXT, "format": "date-time"},
        "expiration": {**_TEXT, "format": "date-time"},
        **{name: _TEXT for name in ("externalId", "origin", "language", "country")},
        "ctx": {"type": "object"},
    },
    "example": {"email": "john@example.com", "ctx": {"firstName": "John"}},
}
CAMPAIGN_PUSH: dict[str, Any] = {
    "responses": {
        200: {"description": "The event is stored", "content": _json({"type": "object"})},
        **problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
    },
    "openapi_extra": {
        **SECURITY,
        "parameters": [KEY, TRACE],
        "requestBody": {"required": True, "content": _json(CAMPAIGN_EVENT)},
    },
}
