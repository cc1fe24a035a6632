"""Every call of every door, by every kind of caller: who may enter, and what each is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from message_center.intake.app import make_app
from message_center.intake.settings import Settings
from message_center.intake.soap.methods import METHODS
from support.doors import bearer, opened
from support.entrance import CALLERS, STRANGERS, TYPE, Visitor, stored, visitors

Connection = psycopg.Connection[Any]
Operation = tuple[str, str]
# What an answer is: a refusal's status, or one of these.
DONE, SHOWN, EMPTY, TOLD = "done", "shown", "empty", "told for each event"
Expected = Mapping[str, int | str]

PUSH: Expected = {
    "own": DONE, "session": DONE, "other's": DONE, "pushes": DONE, "reads": 403, "acts": 403, "other type": 403,
    "other queue": 403,
}  # fmt: skip
PUSH_MANY = {**PUSH, "other type": TOLD}
READ: Expected = {
    "own": SHOWN, "session": SHOWN, "other's": 404, "pushes": 403, "reads": SHOWN, "acts": 403, "other type": SHOWN,
    "other queue": SHOWN,
}  # fmt: skip
FIND = {**READ, "other's": EMPTY}
ACT: Expected = {
    "own": DONE, "session": DONE, "other's": 404, "pushes": 403, "reads": 403, "acts": DONE, "other type": DONE,
    "other queue": DONE,
}  # fmt: skip
# It is pushed again.
REPLAY = {**ACT, "other type": 403, "other queue": 403}
LOG_ON: Expected = {**dict.fromkeys(CALLERS, DONE), "session": 401, "other's": 401}
ANYBODY: Expected = dict.fromkeys([*CALLERS, *STRANGERS], DONE)


class Call(NamedTuple):
    """
    A call that is a good one, whoever makes it.

    :param request: the arguments of the client's request, but for the method and for who it is.
    :param expected: what each kind of caller is answered; strangers get 401 if they are not in it.
    :param ended: whether it needs an event that is at its end.
    """

    request: Callable[[Visitor], dict[str, Any]]
    expected: Expected
    ended: bool = False


def rest(path: str, expected: Expected, ended: bool = False, **request: Any) -> Call:
    return Call(lambda one: {"url": path.format(id=one.event, mark=one.mark), **request}, expected, ended)


def soap(schema: str, name: str, parameters: str, expected: Expected) -> Call:
    def request(one: Visitor) -> dict[str, Any]:
        within = parameters.format(
            id=one.event, mark=one.mark, secret=one.secret or "", name=one.mark[len("mark-of-") :]
        )
        token = f"<sessiontoken>{one.secret or ''}</sessiontoken>" if schema != "xtk:session" else ""
        body = f'<{name} xmlns="urn:{schema}">{token}{within}</{name}>'
        envelope = (
            f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
        )
        return {"url": "/nl/jsp/soaprouter.jsp", "content": envelope, "headers": {"content-type": "text/xml"}}

    return Call(request, expected)


EVENT = {"type": TYPE, "email": "ann@shop.example", "ctx": {}}
CAMPAIGN = {"email": "ann@shop.example", "ctx": {}}
NDJSON: dict[str, Any] = {"content": f"{json.dumps(EVENT)}\n", "headers": {"content-type": "application/x-ndjson"}}
ELEMENT = f'<event type="{TYPE}" email="ann@shop.example"><ctx/></event>'
QUERY = (
    '<entity><queryDef schema="nms:rtEvent" operation="select">'
    '<where><condition expr="{}"/></where></queryDef></entity>'
)
PUSHES = [
    rest("/v1/rt/events", PUSH, json=EVENT),
    rest("/v1/rt/events", PUSH_MANY, json=[EVENT]),
    rest("/v1/rt/events", PUSH_MANY, json=[EVENT], headers={"idempotency-key": "k"}),
    rest("/v1/rt/events", PUSH_MANY, **NDJSON),
]
CALLS: dict[Operation, list[Call]] = {
    ("post", "/v1/{queue}/events"): PUSHES,
    ("get", "/v1/events/{event_id}"): [rest("/v1/events/{id}", READ)],
    ("get", "/v1/events"): [
        rest("/v1/events?external_id={mark}", FIND),
        rest("/v1/events?address={mark}@shop.example", FIND),
    ],
    ("post", "/v1/events/{event_id}/replay"): [rest("/v1/events/{id}/replay", REPLAY, ended=True)],
    ("post", "/v1/events/{event_id}/cancel"): [rest("/v1/events/{id}/cancel", ACT)],
    ("post", "/v1/events/{event_id}/reschedule"): [
        rest("/v1/events/{id}/reschedule", ACT, json={"scheduled": "2038-01-01T00:00:00Z"})
    ],
    ("post", "/campaign/{api}/{event_type}"): [rest(f"/campaign/mcx/{TYPE}", PUSH, json=CAMPAIGN)],
    ("post", "/{organization}/campaign/{api}/{event_type}"): [rest(f"/x/campaign/mcx/{TYPE}", PUSH, json=CAMPAIGN)],
    ("get", "/campaign/{api}/{event_type}/{primary_key}"): [rest(f"/campaign/mcx/{TYPE}/{{id}}", READ)],
    ("get", "/{organization}/campaign/{api}/{event_type}/{primary_key}"): [
        rest(f"/x/campaign/mcx/{TYPE}/{{id}}", READ)
    ],
    ("nms:rtEvent", "PushEvent"): [soap("nms:rtEvent", "PushEvent", f"<e>{ELEMENT}</e>", PUSH)],
    ("nms:rtEvent", "PushEvents"): [soap("nms:rtEvent", "PushEvents", f"<c>{ELEMENT}</c>", PUSH_MANY)],
    ("nms:batchEvent", "PushEvent"): [
        soap("nms:batchEvent", "PushEvent", f"<e>{ELEMENT}</e>", {**PUSH, "other queue": DONE})
    ],
    ("nms:batchEvent", "PushEvents"): [
        soap("nms:batchEvent", "PushEvents", f"<c>{ELEMENT}</c>", {**PUSH_MANY, "other queue": DONE})
    ],
    ("xtk:queryDef", "ExecuteQuery"): [
        soap("xtk:queryDef", "ExecuteQuery", QUERY.format(condition), FIND)
        for condition in ("@id = {id}", "@externalId = '{mark}'", "@email = '{mark}@shop.example'")
    ],
    ("xtk:session", "Logon"): [
        soap("xtk:session", "Logon", "<l>{name}</l><p>{secret}</p><x/>", LOG_ON),
    ],
    # It ends nothing, and these are the same for all.
    ("xtk:session", "Logoff"): [soap("xtk:session", "Logoff", "", ANYBODY)],
    ("xtk:persist", "GetEntityIfMoreRecent"): [
        soap("xtk:persist", "GetEntityIfMoreRecent", "<p>xtk:schema|nms:rtEvent</p><m/><b/>", ANYBODY)
    ],
}
OPEN = {
    "/health": "for load balancers: which instances can be reached",
    "/nl/jsp/mcPing.jsp": "for monitoring: how many events of all callers wait",
    "/r/test": "for monitoring: that the process is there",
    "/nl/jsp/schemawsdl.jsp": "the WSDL, the same for all",
    "/openapi.json": "the document, the same for all",
    "/docs": "the document for people",
    "/docs/oauth2-redirect": "of that page",
    "/nl/jsp/soaprouter.jsp": "the SOAP methods, each with an entry of its own",
}
"""The routes that are no operation with a caller, and why they are open."""
FAULTS = {"Not allowed": 403, "Unknown caller": 401, "XSV-350008": 401, "Invalid login or password": 401}


def answered(answer: httpx.Response, one: Visitor) -> int | str:
    """Return what an answer is, whichever door gives it."""
    if "<SOAP-ENV:Fault>" in answer.text:
        return next(status for title, status in FAULTS.items() if title in answer.text)
    if answer.status_code >= 400:
        assert answer.json()["remedy"]
        return answer.status_code
    if "may not push events of this type" in answer.text:
        return TOLD
    return SHOWN if one.mark in answer.text else DONE


@pytest.mark.parametrize(
    ("operation", "call"),
    [(operation, call) for operation, calls in CALLS.items() for call in calls],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and len(value) == 2 else None,
)
async def test_every_kind_of_caller_gets_what_it_may(
    instance: Connection, settings: Settings, operation: Operation, call: Call
) -> None:
    method = operation[0] if operation[0] in ("get", "post") else "post"
    kinds = visitors(instance, call.ended)
    wrong = {}
    async with opened(settings) as door:
        for kind, one in kinds.items():
            before = stored(instance)
            request = call.request(one)
            headers = {**request.pop("headers", {}), **(bearer(one.secret) if one.secret else {})}
            answer = await door.request(method, headers=headers, **request)
            got, expected = answered(answer, one), call.expected.get(kind, 401)
            if got != expected and not (expected == EMPTY and got == DONE):
                wrong[kind] = f"{got}, not {expected}: {answer.text[:300]}"
            elif expected != SHOWN and one.mark in answer.text:
                wrong[kind] = f"told of another's event: {answer.text[:300]}"
            elif expected in (401, 403, 404, TOLD):
                kept = [table for table in range(4) if stored(instance)[table] != before[table]]
                # Of a keyed call the answer is kept, whatever it was.
                if kept and not (expected == TOLD and kept == [1]):
                    wrong[kind] = f"refused, and changed {kept}"
    assert not wrong


def test_every_operation_has_its_entry(settings: Settings) -> None:
    app: FastAPI = make_app(settings)
    described = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    operations = {operation for operation in described if operation[1] not in OPEN}
    assert CALLS.keys() == operations | {(method.schema, method.name) for method in METHODS}
    paths = {route.path for route in app.routes if isinstance(route, APIRoute | Route)}
    assert paths - {path for _, path in operations} == OPEN.keys()
    for method, path in operations:
        assert app.openapi()["paths"][path][method]["security"], f"{path} says that it needs a secret"


def test_every_kind_of_caller_has_its_answer() -> None:
    for operation, calls in CALLS.items():
        assert all(call.expected.keys() >= CALLERS.keys() for call in calls), operation
