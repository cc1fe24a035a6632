"""Where SOAP calls come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from message_center import __version__
from message_center.intake.aside import LARGE, aside
from message_center.intake.bodies import idempotency_key, read_body
from message_center.intake.direct import Answer, DirectRoute
from message_center.intake.doors import Doors, Entry
from message_center.intake.entrance import bearer, enter, own_address
from message_center.intake.instance import Result
from message_center.intake.keys import SECRET_IN_BYTES
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import push_many, push_one
from message_center.intake.soap import queries
from message_center.intake.soap.envelope import Call, answer, fault, fit, read_call
from message_center.intake.soap.events import as_event, event_in, events_in
from message_center.intake.soap.methods import ENTITY_SCHEMA, SCHEMAS, schema_xml, wsdl
from message_center.intake.soap.xml import parse, text_of
from message_center.trace_context import traceparent

router = APIRouter(tags=["SOAP, Campaign Classic-shaped"])
ROUTER = "/nl/jsp/soaprouter.jsp"
XML = "text/xml; charset=utf-8"
_XML = XML.encode()
EXPIRED = "XSV-350008"
# What a caller can be patient about has a status of its own, for what stands between it and us.
TOLD_BY_STATUS = (429, 503)
_WRITER = msgspec.json.Encoder()


async def call(request: Request) -> Response:
    """Answer a call, or say why not: in a fault, whatever comes."""
    try:
        doors: Doors = request.app.state.doors
        body = await read_body(request, doors.settings.max_body_bytes)
        if len(body) <= LARGE:
            root = parse(body, request.headers.get("content-type", ""))
        else:
            await _see_that_it_is_a_callers(request, body)
            root = await aside(parse, body, request.headers.get("content-type", ""))
    except ProblemError as problem:
        return Response(fault(problem), 200 if problem.status == 401 else problem.status, media_type=XML)
    try:
        made = read_call(request, root, len(body) > LARGE)
        values = await METHODS[made.method.name](request, made)
        return Answer(200, answer(made, *values).encode(), _XML)
    except ProblemError as problem:
        code = "SOAP-ENV:Server" if problem.status in TOLD_BY_STATUS else "SOAP-ENV:Client"
        status = problem.status if problem.status in TOLD_BY_STATUS else 200
        return Response(fault(problem, code), status, dict(problem.headers), XML)


def tell_fault(problem: ProblemError) -> Response:
    return Response(fault(problem, "SOAP-ENV:Server"), problem.status, media_type=XML)


router.add_api_route(ROUTER, call, methods=["POST"], include_in_schema=False, route_class_override=DirectRoute)


@router.api_route("/nl/jsp/schemawsdl.jsp", methods=["GET", "POST", "HEAD"], include_in_schema=False)
async def describe(request: Request, schema: str = "") -> Response:
    """Return the WSDL of a schema."""
    if schema not in SCHEMAS:
        raise ProblemError(404, "No such schema", remedy=f"Ask for one of {', '.join(SCHEMAS)}.")
    return Response(wsdl(schema, f"{own_address(request)}{ROUTER}"), media_type=XML)


async def _see_that_it_is_a_callers(request: Request, body: bytes) -> None:
    """
    See that a large document has the secret of a caller, where one stands, before all of it is read: it may be made so
    that this takes seconds.

    :raises ProblemError: if it has none.
    """
    # Of UTF-16 the half that says something.
    beginning = body[:LARGE].replace(b"\0", b"")
    within = (found.decode() for found in islice(SECRET_IN_BYTES.findall(beginning), 3))
    for secret in {*filter(None, _secrets_beside(request)), *within}:
        try:
            await enter(request, secret)
        except ProblemError as problem:
            if problem.status != 401:
                raise
        else:
            return
    raise expired()


def _secrets_beside(request: Request) -> Iterator[str | None]:
    """Yield what stands where a secret may, besides the first parameter."""
    yield request.headers.get("x-session-token")
    yield request.headers.get("x-security-token")
    yield request.cookies.get("__sessiontoken")
    yield bearer(request)


def expired() -> ProblemError:
    return ProblemError(
        401, f"{EXPIRED} The session has expired, or is none", remedy="Log on, and send the call again."
    )


async def enter_by_token(request: Request, token: str) -> Entry:
    """
    Let in whoever sends a secret, wherever it stands: the first parameter, a header, a cookie.

    :raises ProblemError: if there is no such caller, or its session is over.
    """
    secret = token or next(filter(None, _secrets_beside(request)), "")
    if "/" in secret:
        login, _, password = secret.partition("/")
        return await log_on(request, login, password)
    try:
        return await enter(request, secret)
    except ProblemError as problem:
        # Whatever it was: a session of another server's is none here, and its caller is to log on anew.
        if problem.status == 401 and secret:
            raise expired() from None
        raise


async def log_on(request: Request, login: str, password: str) -> Entry:
    """
    Let in a caller by its name and its secret.

    :raises ProblemError: if they are not of one caller.
    """
    entry = await enter(request, password)
    if entry.caller != login:
        raise ProblemError(
            401, "Invalid login or password", remedy="The login is the caller's name, the password its secret."
        )
    return entry


async def push_event(request: Request, made: Call) -> tuple[str, ...]:
    entry = await enter_by_token(request, made.session_token)
    element = event_in(made.parameter(0))
    event = await aside(as_event, element) if made.is_large else as_event(element)
    key, trace = idempotency_key(request), traceparent(request.headers.get("traceparent"))
    result = await push_one(entry, queue_of(made), _WRITER.encode(event).decode(), event, key, trace)
    if result.id is None:
        raise ProblemError(422, "The event is refused", result.reason or "", "Correct it and send it again.")
    return (str(result.id),)


async def push_events(request: Request, made: Call) -> tuple[str, ...]:
    entry = await enter_by_token(request, made.session_token)
    found = events_in(made.parameter(0))
    read = await aside(_read_events, found) if made.is_large else _read_events(found)
    events = [each for each in read if not isinstance(each, Result)]
    text = _WRITER.encode(events).decode()
    pushed = iter(await push_many(entry, queue_of(made), text, events, idempotency_key(request)))
    results = [each if isinstance(each, Result) else next(pushed) for each in read]
    element = made.schema.partition(":")[2]
    return (f"<{element}-results>{''.join(_result(element, each) for each in results)}</{element}-results>",)


def _read_events(elements: list[Element]) -> list[dict[str, Any] | Result]:
    return [_event_or_reason(element) for element in elements]


def _event_or_reason(element: Element) -> dict[str, Any] | Result:
    """Return an event, or why it is none: that is no concern of those beside it."""
    try:
        return as_event(element)
    except ProblemError as problem:
        return Result(None, problem.title)


def _result(element: str, result: Result) -> str:
    reason = f' error="{fit(result.reason)}"' if result.reason else ""
    return f'<{element} id="{result.id or 0}"{reason}/>'


def queue_of(made: Call) -> str:
    return "rt" if made.schema == "nms:rtEvent" else "batch"


async def logon(request: Request, made: Call) -> tuple[str, ...]:
    entry = await log_on(request, text_of(made.parameter(0)), text_of(made.parameter(1)))
    if entry.key.is_session:
        raise ProblemError(
            401, "Invalid login or password", remedy="A session opens no other: send the caller's secret."
        )
    secret = await request.app.state.sessions.open(entry)
    server = f'<serverInfo instanceName="{fit(entry.instance.account)}" buildNumber="{__version__}"/>'
    info = f'<sessionInfo>{server}<userInfo login="{fit(entry.caller)}"/></sessionInfo>'
    return (secret, info, secret)


async def logoff(request: Request, made: Call) -> tuple[str, ...]:
    # Others may have the same session: it ends by itself.
    return ()


async def get_entity(request: Request, made: Call) -> tuple[str, ...]:
    kind, _, name = text_of(made.parameter(0)).partition("|")
    if kind != ENTITY_SCHEMA or name not in SCHEMAS:
        raise ProblemError(404, "SOP-330011 No such schema", remedy=f"Ask for one of {', '.join(SCHEMAS)}.")
    return (schema_xml(name),)


async def execute_query(request: Request, made: Call) -> tuple[str, ...]:
    entry = await enter_by_token(request, made.session_token)
    return (await queries.execute(entry, made.parameter(0)),)


METHODS: dict[str, Callable[[Request, Call], Awaitable[tuple[str, ...]]]] = {
    "PushEvent": push_event,
    "PushEvents": push_events,
    "Logon": logon,
    "Logoff": logoff,
    "GetEntityIfMoreRecent": get_entity,
    "ExecuteQuery": execute_query,
}
