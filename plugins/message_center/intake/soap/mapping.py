"""
XML as JSON, and back: what a template finds in ``ctx`` when the event came as XML.

| XML | JSON |
|---|---|
| an element with nothing but text | the text |
| an attribute | ``"@name"`` |
| the text beside attributes | ``"#text"`` |
| an element | its name |
| the same element several times in a row | an array |
| text between elements, or an element again after others | ``"#content"``: texts, and objects of one name |

White space between elements, comments, prefixes, ``xsi:type`` and the namespace that ``ctx`` itself is in are not
kept; everything else is, so that the same XML comes back.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from message_center.intake.soap.xml import namespace

_TAG = re.compile(r"(?:\{[^{}]*\})?[^\W\d][\w.-]*")
_WRITING = "{http://www.w3.org/2001/XMLSchema-instance}"
"""What clients write of the type of a value, or that there is none: of the document, and not of the data."""
_OURS = ("urn:nms:rtEvent", "urn:nms:batchEvent")
Value = Any
"""A text, or an object of such values and arrays of them."""


def to_json(element: Element, home: str = "") -> Value:
    """
    Return what an element holds.

    :param home: a namespace that names no element: the one that all of them are in.
    """
    held: dict[str, Value] = {}
    for name, value in element.items():
        if name[0] != "{":
            held["@" + name] = value
        elif not name.startswith(_WRITING):
            held["@" + _name(name)] = value
    text = element.text or ""
    if not len(element):
        return {**held, "#text": text} if held and text else held or text
    runs = _runs(element, home)
    if runs is None:
        held["#content"] = _content(element, home)
        return held
    for name, run in runs.items():
        values = [to_json(child, home) for child in run]
        held[name] = values if len(values) > 1 else values[0]
    return held


def to_object(element: Element) -> dict[str, Value]:
    """Return what an element holds as an object, which ``ctx`` has to be."""
    value = to_json(element, namespace(element))
    if isinstance(value, dict):
        return value
    return {"#text": value} if value else {}


def to_xml(name: str, value: Value) -> Element:
    """
    Return the element that a value came from.

    :raises ValueError: if a name is none of an element.
    """
    element = Element(_tag(name))
    if not isinstance(value, dict):
        element.text = _as_text(value)
        return element
    for key, part in value.items():
        if key.startswith("@"):
            element.set(_tag(key[1:]), _as_text(part))
        elif key == "#text":
            element.text = _as_text(part)
        elif key == "#content":
            _append_content(element, part)
        else:
            for each in part if isinstance(part, list) else [part]:
                element.append(to_xml(key, each))
    return element


def _runs(element: Element, home: str) -> dict[str, list[Element]] | None:
    """Return the elements in another one by their names; ``None`` if a name comes again, or text lies between them."""
    runs: dict[str, list[Element]] = {}
    last = None
    between = element.text
    for child in element:
        if between and not between.isspace():
            return None
        name, between = child.tag, child.tail
        if name[0] == "{":
            name = _name(name, home)
        if name == last:
            runs[name].append(child)
        elif name in runs:
            return None
        else:
            runs[name] = [child]
        last = name
    return None if between and not between.isspace() else runs


def _content(element: Element, home: str) -> list[Value]:
    content: list[Value] = [element.text or ""]
    for child in element:
        content += [{_name(child.tag, home): to_json(child, home)}, child.tail or ""]
    is_spaced = any(isinstance(part, str) and part.strip() for part in content)
    return [part for part in content if part and (is_spaced or not isinstance(part, str))]


def _append_content(element: Element, content: list[Value]) -> None:
    last: Element | None = None
    for part in content:
        if isinstance(part, dict):
            for name, value in part.items():
                last = to_xml(name, value)
                element.append(last)
        elif last is None:
            element.text = (element.text or "") + _as_text(part)
        else:
            last.tail = (last.tail or "") + _as_text(part)


def _name(tag: str, home: str = "") -> str:
    """Return a name without the namespaces that every event has, and without its home; any other is a part of it."""
    if tag[0] != "{":
        return tag
    space, _, name = tag[1:].rpartition("}")
    return name if space == home or space in _OURS else tag


def _tag(name: str) -> str:
    if not _TAG.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an element")
    return name


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
