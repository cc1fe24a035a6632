"""An event as XML has it: attributes, and a ``ctx``."""

from __future__ import annotations

from typing import Any

from lxml import etree

from message_center.intake.problems import ProblemError
from message_center.intake.soap.mapping import to_json, to_object
from message_center.intake.soap.xml import attributes, elements, local

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
OTHERS = "_event"
"""Where in ``ctx`` an event has what it has besides: columns that the sender has added over there."""


def code_of(text: str) -> int | str:
    """Return the number that a text says. What is none is refused by the instance, in its own words."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text


def event_in(parameter: etree._Element) -> etree._Element:
    """
    Return the one event that a parameter holds.

    :raises ProblemError: if there is none.
    """
    within = elements(parameter)
    if parameter.get("type") is not None and (not within or local(within[0]) == "ctx"):
        return parameter
    if len(within) != 1:
        raise ProblemError(400, "The parameter has no event", remedy="Send one rtEvent or batchEvent in it.")
    return within[0]


def events_in(parameter: etree._Element) -> list[etree._Element]:
    """
    Return the events of a collection: one or many, in one parent or in none.

    :raises ProblemError: if there is none.
    """
    within = elements(parameter)
    if len(within) == 1 and within[0].get("type") is None and elements(within[0]):
        within = elements(within[0])
    if not within:
        raise ProblemError(400, "The collection has no event", remedy="Send one rtEvent or batchEvent in it, or more.")
    return within


def as_event(element: etree._Element) -> dict[str, Any]:
    """Return an event in our words. What it has that we have no word for comes into its ``ctx``."""
    event: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, text in attributes(element):
        if name in FIELDS and text:
            event[FIELDS[name]] = text
        elif name in CODES and text:
            event[CODES[name]] = code_of(text)
        elif text and not name.startswith("{"):
            others[f"@{name}"] = text
    for child in elements(element):
        name = local(child)
        if name == "ctx":
            event["ctx"] = to_object(child)
        else:
            others[name] = to_json(child)
    if others:
        event["ctx"] = {**event.get("ctx", {}), OTHERS: others}
    return event
