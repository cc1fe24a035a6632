"""Status queries: ``xtk:queryDef#ExecuteQuery`` for the caller's own events, by their id, external id or address."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from message_center.intake.doors import Entry
from message_center.intake.problems import ProblemError
from message_center.intake.reading import MAX_FOUND, MAX_LOOKED_AT, find_own, read_own
from message_center.intake.soap.envelope import fit
from message_center.intake.soap.xml import elements, local
from message_center.statuses import STATUSES

REMEDY = "Ask for nms:rtEvent or nms:batchEvent where @id = …, @externalId = '…' or @email = '…'."
_CONDITION = re.compile(
    r"""^\s*(?P<open>\[)?@?(?P<name>id|externalId|email|mobilePhone)(?(open)\])\s*=\s*"""
    r"""(?P<value>'[^']{1,320}'|"[^"]{1,320}"|[0-9]{1,19})\s*$"""
)
_OPERATIONS = ("select", "get", "getIfExists", "count")
_KINDS = {"externalId": "external_id", "email": "address", "mobilePhone": "address"}
SHOWN = ("id", "type", "status", "statusLabel", "statusReason", "externalId", "created", "processed")


async def execute(entry: Entry, parameter: Element) -> str:
    """
    Answer a query.

    :raises ProblemError: if it is none of those that are answered.
    """
    query = parameter if local(parameter) == "queryDef" else next(iter(elements(parameter)), None)
    schema = "" if query is None else str(query.get("schema", ""))
    if query is None or schema not in ("nms:rtEvent", "nms:batchEvent"):
        raise ProblemError(400, "The query is not answered", remedy=REMEDY)
    operation = str(query.get("operation", "select"))
    if operation not in _OPERATIONS:
        raise ProblemError(400, "The operation is not answered", remedy=f"Ask for one of {', '.join(_OPERATIONS)}.")
    name, value = _condition(query)
    queue, element = ("rt", "rtEvent") if schema == "nms:rtEvent" else ("batch", "batchEvent")
    events = await _events(entry, name, value, queue, MAX_LOOKED_AT if operation == "count" else MAX_FOUND)
    return _told(query, operation, element, events)


def _condition(query: Element) -> tuple[str, str]:
    """Return the one condition of a query, its attribute and its value: half of it answered is a wrong answer."""
    conditions = [each for each in query.iter() if local(each) == "condition" and any(each.attrib.values())]
    (only,) = conditions if len(conditions) == 1 else (None,)
    # How it is joined to another one does not matter.
    says_more = only is None or {str(name) for name, _ in only.items()} - {"expr", "boolOperator"}
    found = None if only is None or says_more else _CONDITION.match(str(only.get("expr", "")))
    if found is None:
        raise ProblemError(400, "The condition is not answered", remedy=REMEDY)
    return found["name"], found["value"].strip("'\"")


async def _events(entry: Entry, name: str, value: str, queue: str, max_events: int) -> list[dict[str, Any]]:
    if name != "id":
        return await find_own(entry, _KINDS[name], value, queue, max_events)
    if not value.isascii() or not value.isdigit():
        raise ProblemError(400, "The condition is not answered", remedy=REMEDY)
    try:
        event = await read_own(entry, value)
    except ProblemError as problem:
        if problem.status != 404:
            raise
        return []
    return [event] if event["queue"] == queue else []


def _told(query: Element, operation: str, element: str, events: list[dict[str, Any]]) -> str:
    if operation == "count":
        return f'<{element} count="{len(events)}"/>'
    nodes = [str(each.get("expr", "")).lstrip("@") for each in query.iter()]
    wanted = [name for name in SHOWN if name in nodes] or list(SHOWN)
    rows = [_row(element, event, wanted) for event in events]
    if operation in ("get", "getIfExists"):
        return rows[0] if rows else f"<{element}/>"
    return f"<{element}-collection>{''.join(rows)}</{element}-collection>"


def _row(element: str, event: dict[str, Any], wanted: list[str]) -> str:
    values = {
        "id": event["id"],
        "type": event["type"],
        # The words are PostgreSQL's, the numbers ours: their order.
        "status": STATUSES.index(event["status"]),
        "statusLabel": event["status"],
        "statusReason": event["status_reason"],
        "externalId": event["external_id"],
        "created": event["created_at"],
        "processed": event["processed_at"],
    }
    shown = "".join(f' {name}="{fit(str(values[name]))}"' for name in wanted if values[name] is not None)
    return f"<{element}{shown}/>"
