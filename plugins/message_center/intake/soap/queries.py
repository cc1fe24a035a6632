"""Status queries: ``xtk:queryDef#ExecuteQuery`` for the caller's own events, by their id, external id or address."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from message_center.intake.doors import Entry
from message_center.intake.problems import ProblemError
from message_center.intake.reading import MAX_FOUND, MAX_LOOKED_AT, find_own, read_own
from message_center.intake.soap.envelope import fit
from message_center.intake.soap.events import CODES, FIELDS
from message_center.intake.soap.xml import local
from message_center.statuses import STATUSES

REMEDY = "Ask for nms:rtEvent or nms:batchEvent where @id = …, @externalId = '…' or @email = '…'."
_CONDITION = re.compile(
    r"""^\s*(?P<open>\[)?@?(?P<name>id|externalId|email|mobilePhone)(?(open)\])\s*=\s*"""
    r"""(?P<value>'[^']{1,320}'|"[^"]{1,320}"|[0-9]{1,19})\s*$"""
)
_OPERATIONS = ("select", "get", "getIfExists", "count")
_KINDS = {"externalId": "external_id", "email": "address", "mobilePhone": "address"}
# What says how it is to be asked, and nothing of what is asked.
_MANNERS = {"xtkschema", "firstRows", "noLineCount"}
_ATTRIBUTES = {"schema", "operation", "lineCount", "startLine", *_MANNERS}
_PARTS = {"select", "where", "orderBy"}
_NODE = re.compile(r"\s*(?P<open>\[)?@?(?P<name>\w+)(?(open)\])\s*")
_ALIAS = re.compile(r"@?[A-Za-z_][\w.-]*", re.ASCII)
SHOWN = ("id", "type", "status", "statusLabel", "statusReason", "externalId", "created", "processed")
"""What is shown to whoever selects nothing."""
_SENT = FIELDS | CODES
ANSWERED = tuple(dict.fromkeys([*SHOWN, *_SENT]))


class Query(NamedTuple):
    """
    A query.

    :param shown: attributes, and the names that they are to have.
    :param order: attributes, and whether what is greatest comes first.
    :param start: how many events are passed over.
    :param lines: how many are shown at most.
    """

    element: str
    operation: str
    condition: tuple[str, str]
    shown: list[tuple[str, str]]
    order: list[tuple[str, bool]]
    start: int
    lines: int

    @property
    def max_events(self) -> int:
        """Return how many events have to be found."""
        needs_all = self.operation == "count" or self.order or self.start + self.lines > MAX_FOUND
        return MAX_LOOKED_AT if needs_all else MAX_FOUND


async def execute(entry: Entry, parameter: Element) -> str:
    """
    Answer a query.

    :raises ProblemError: if it is none of those that are answered.
    """
    element = parameter if local(parameter) == "queryDef" else next(iter(parameter), None)
    if element is None or element.get("schema") not in ("nms:rtEvent", "nms:batchEvent"):
        raise ProblemError(400, "The query is not answered", remedy=REMEDY)
    query = _read(element)
    queue = "rt" if query.element == "rtEvent" else "batch"
    return _told(query, await _events(entry, *query.condition, queue, query.max_events))


def _read(query: Element) -> Query:
    operation = query.get("operation", "select")
    if operation not in _OPERATIONS:
        raise ProblemError(400, "The operation is not answered", remedy=f"Ask for one of {', '.join(_OPERATIONS)}.")
    _see_that_all_is_answered(query)
    selected = [(_attribute(node), _alias(node)) for node in _nodes(query, "select") if node.get("expr")]
    return Query(
        query.get("schema", "").partition(":")[2],
        operation,
        _condition(query),
        selected or [(name, name) for name in SHOWN],
        [(_attribute(node), node.get("sortDesc") in ("true", "1")) for node in _nodes(query, "orderBy")],
        _number(query, "startLine", 0),
        _number(query, "lineCount", MAX_FOUND),
    )


def _nodes(query: Element, part: str) -> list[Element]:
    return [node for each in query if local(each) == part for node in each]


def _see_that_all_is_answered(query: Element) -> None:
    """
    See that a query asks for nothing that would be passed over: half of it answered is a wrong answer.

    :raises ProblemError: which says what is not answered.
    """
    named = {f"@{name}" for name in query.attrib if name not in _ATTRIBUTES and not name.startswith("{")}
    named |= {local(part) for part in query} - _PARTS
    named |= {f"where/@{name}" for part in query if local(part) == "where" for name in part.attrib}
    if named:
        raise _unanswered("query", ", ".join(sorted(named)), f"Leave it out. {REMEDY}")


def _unanswered(what: str, detail: str = "", remedy: str = REMEDY) -> ProblemError:
    return ProblemError(400, f"The {what} is not answered", detail[:300], remedy)


def _attribute(node: Element) -> str:
    found = _NODE.fullmatch(node.get("expr", ""))
    if found is None or found["name"] not in ANSWERED:
        raise _unanswered("attribute", node.get("expr", ""), f"Ask for {', '.join(f'@{name}' for name in ANSWERED)}.")
    return found["name"]


def _alias(node: Element) -> str:
    """Return the name that an attribute is to have: its own, if there is no other."""
    alias = node.get("alias") or _attribute(node)
    if not _ALIAS.fullmatch(alias):
        raise _unanswered("alias", alias, "Use the name of an attribute.")
    return alias.removeprefix("@")


def _number(query: Element, name: str, default: int) -> int:
    text = query.get(name, "") or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise _unanswered(name, text, "Use a whole number.")
    return int(text) or default


def _condition(query: Element) -> tuple[str, str]:
    """Return the one condition of a query, its attribute and its value."""
    conditions = [each for each in query.iter() if local(each) == "condition" and any(each.attrib.values())]
    (only,) = conditions if len(conditions) == 1 else (None,)
    # How it is joined to another one does not matter.
    says_more = only is None or only.attrib.keys() - {"expr", "boolOperator"}
    found = None if only is None or says_more else _CONDITION.match(only.get("expr", ""))
    if found is None:
        raise _unanswered("condition")
    return found["name"], found["value"][1:-1] if found["value"][0] in "'\"" else found["value"]


async def _events(entry: Entry, name: str, value: str, queue: str, max_events: int) -> list[dict[str, Any]]:
    if name != "id":
        return await find_own(entry, _KINDS[name], value, queue, max_events)
    if not value.isascii() or not value.isdigit():
        raise _unanswered("condition")
    try:
        event = await read_own(entry, value)
    except ProblemError as problem:
        if problem.status != 404:
            raise
        return []
    return [event] if event["queue"] == queue else []


def _told(query: Query, events: list[dict[str, Any]]) -> str:
    if query.operation == "count":
        return f'<{query.element} count="{len(events)}"/>'
    found = [_values(event) for event in events]
    for name, is_descending in reversed(query.order):
        found.sort(key=lambda values: (values[name] is not None, values[name]), reverse=is_descending)
    rows = [_row(query, values) for values in found[query.start : query.start + query.lines]]
    if query.operation == "select":
        return f"<{query.element}-collection>{''.join(rows)}</{query.element}-collection>"
    if not rows and query.operation == "get":
        raise ProblemError(404, "The query finds no event", remedy="Ask by getIfExists for what may not be there.")
    return rows[0] if rows else f"<{query.element}/>"


def _values(event: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: event[field] for name, field in _SENT.items()},
        "id": int(event["id"]),
        # The words are PostgreSQL's, the numbers ours: their order.
        "status": STATUSES.index(event["status"]),
        "statusLabel": event["status"],
        "statusReason": event["status_reason"],
        "created": event["created_at"],
        "processed": event["processed_at"],
    }


def _row(query: Query, values: dict[str, Any]) -> str:
    shown = "".join(f' {alias}="{fit(str(values[name]))}"' for name, alias in query.shown if values[name] is not None)
    return f"<{query.element}{shown}/>"
