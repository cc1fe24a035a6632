"""Status queries: ``xtk:queryDef#ExecuteQuery`` for the caller's own events, by their id, external id or address."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from message_center.intake.doors import Entry
from message_center.intake.problems import ProblemError
from message_center.intake.reading import find_own, read_own
from message_center.intake.soap.envelope import fit
from message_center.intake.soap.xml import elements, local
from message_center.statuses import STATUSES

REMEDY = "Ask for nms:rtEvent or nms:batchEvent where @id = …, @externalId = '…' or @email = '…'."
_CONDITION = re.compile(
    r"^\s*@?(?P<name>id|externalId|email|mobilePhone)\s*=\s*(?P<value>'[^']{1,320}'|[0-9]{1,19})\s*$"
)
_KINDS = {"externalId": "external_id", "email": "address", "mobilePhone": "address"}
SHOWN = ("id", "type", "status", "statusLabel", "statusReason", "externalId", "created", "processed")


async def execute(entry: Entry, parameter: etree._Element) -> str:
    """
    Answer a query.

    :raises ProblemError: if it is none of those that are answered.
    """
    query = parameter if local(parameter) == "queryDef" else next(iter(elements(parameter)), None)
    schema = "" if query is None else str(query.get("schema", ""))
    if query is None or schema not in ("nms:rtEvent", "nms:batchEvent"):
        raise ProblemError(400, "The query is not answered", remedy=REMEDY)
    name, value = _condition(query)
    queue, element = ("rt", "rtEvent") if schema == "nms:rtEvent" else ("batch", "batchEvent")
    events = [event for event in await _events(entry, name, value) if event["queue"] == queue]
    return _told(query, element, events)


def _condition(query: etree._Element) -> tuple[str, str]:
    conditions = [each for each in query.iter() if isinstance(each.tag, str) and local(each) == "condition"]
    expressions = [str(each.get("expr", "")) for each in conditions if each.get("expr")]
    found = _CONDITION.match(expressions[0]) if len(expressions) == 1 else None
    if found is None:
        raise ProblemError(400, "The condition is not answered", remedy=REMEDY)
    return found["name"], found["value"].strip("'")


async def _events(entry: Entry, name: str, value: str) -> list[dict[str, Any]]:
    if name != "id":
        return await find_own(entry, _KINDS[name], value)
    if not value.isascii() or not value.isdigit():
        raise ProblemError(400, "The condition is not answered", remedy=REMEDY)
    try:
        return [await read_own(entry, value)]
    except ProblemError as problem:
        if problem.status != 404:
            raise
        return []


def _told(query: etree._Element, element: str, events: list[dict[str, Any]]) -> str:
    operation = str(query.get("operation", "select"))
    if operation == "count":
        return f'<{element} count="{len(events)}"/>'
    nodes = [str(each.get("expr", "")).lstrip("@") for each in query.iter() if isinstance(each.tag, str)]
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
