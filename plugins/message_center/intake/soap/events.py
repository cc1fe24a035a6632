"""An event as XML has it: attributes, and a ``ctx``."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from message_center.intake.codes import code_of
from message_center.intake.problems import ProblemError, TooDeepError
from message_center.intake.soap.mapping import to_json, to_object
from message_center.intake.soap.xml import local, namespace

FIELDS = {
    "type": "type",
    "email": "email",
    "mobilePhone": "mobile_phone",
    "registrationToken": "registration_token",
    "externalId": "external_id",
    "origin": "origin",
    "language": "language",
    "country": "country",
    "scheduled": "scheduled",
    "expiration": "expiration",
}
CODES = {"wishedChannel": "wished_channel", "emailFormat": "email_format"}
NAMES = ("rtEvent", "batchEvent")
OTHERS = "_event"
"""Where in ``ctx`` an event has what it has besides: columns that the sender has added over there."""


def event_in(parameter: Element) -> Element:
    """
    Return the one event that a parameter holds.

    :raises ProblemError: if there is none.
    """
    within = list(parameter)
    if parameter.get("type") is not None and (not within or local(within[0]) == "ctx"):
        return parameter
    if len(within) != 1:
        raise ProblemError(400, "The parameter has no event", remedy="Send one rtEvent or batchEvent in it.")
    return within[0]


def events_in(parameter: Element) -> list[Element]:
    """
    Return the events of a collection: one or many, in one parent or in none.

    :raises ProblemError: if there is none.
    """
    within = list(parameter)
    if len(within) == 1 and not _is_event(within[0]):
        within = list(within[0])
    if not within:
        raise ProblemError(400, "The collection has no event", remedy="Send one rtEvent or batchEvent in it, or more.")
    return within


def _is_event(element: Element) -> bool:
    return local(element) in NAMES or element.get("type") is not None


def as_event(element: Element) -> dict[str, Any]:
    """
    Return an event in our words. What it has that we have no word for comes into its ``ctx``.

    :raises ProblemError: if it has more than can be told apart, or is nested too deeply.
    """
    event, others = _of_attributes(element)
    try:
        children: dict[str, list[Element]] = {}
        for child in element:
            name = local(child)
            if name != "ctx":
                children.setdefault(name, []).append(child)
            elif "ctx" not in event:
                event["ctx"] = to_object(child)
            else:
                raise ProblemError(400, "An event has one ctx", remedy="Put all of its data into it.")
        for name, named in children.items():
            values = [to_json(child, namespace(element)) for child in named]
            others[name] = values if len(values) > 1 else values[0]
        if others:
            event["ctx"] = {**event.get("ctx", {}), OTHERS: others}
    except RecursionError:
        raise TooDeepError from None
    return event


def _of_attributes(element: Element) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what attributes say of an event: in our words, and what we have no word for."""
    event: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, text in element.items():
        if name in FIELDS and text:
            event[FIELDS[name]] = text
        elif name in CODES and text:
            event[CODES[name]] = code_of(CODES[name], text)
        elif text and not name.startswith("{"):
            others[f"@{name}"] = text
    return event, others
