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

White space between elements, comments, prefixes and the namespace that ``ctx`` itself is in are not kept; everything
else is, so that the same XML comes back.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from message_center.intake.soap.xml import namespace

_TAG = re.compile(r"(?:\{[^{}]*\})?[^\W\d][\w.-]*")
_OURS = ("urn:nms:rtEvent", "urn:nms:batchEvent")
Value = Any
"""A text, or an object of such values and arrays of them."""


def to_json(element: Element, home: str = "") -> Value:
    """
    Return what an element holds.

    :param home: a namespace that names no element: the one that all of them are in.
    """
    if not element.attrib and not len(element):
        return element.text or ""
    held: dict[str, Value] = {f"@{_name(name)}": value for name, value in element.items()}
    children = [(_name(child.tag, home), child) for child in element]
    if not children:
        text = _text(element)
        return text if not held else {**held, **({"#text": text} if text else {})}
    runs: dict[str, list[Value]] = {}
    last = None
    for name, child in children:
        if name != last and name in runs:
            return {**held, "#content": _content(element, children, home)}
        runs.setdefault(name, []).append(child)
        last = name
    if _has_text(element):
        return {**held, "#content": _content(element, children, home)}
    for name, run in runs.items():
        held[name] = to_json(run[0], home) if len(run) == 1 else [to_json(child, home) for child in run]
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


def _has_text(element: Element) -> bool:
    """Tell whether an element has text between those that are in it."""
    texts = [element.text, *(child.tail for child in element)]
    return any(text and not text.isspace() for text in texts)


def _content(element: Element, children: list[tuple[str, Element]], home: str) -> list[Value]:
    content: list[Value] = [element.text or ""]
    for name, child in children:
        content += [{name: to_json(child, home)}, child.tail or ""]
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


def _text(element: Element) -> str:
    text = element.text or ""
    return text + "".join(child.tail or "" for child in element) if len(element) else text


def _name(tag: str, home: str = "") -> str:
    """Return a name without the namespaces that every event has, and without its home; any other is a part of it."""
    found, brace, name = tag.rpartition("}")
    return name if not brace or found[1:] in (*_OURS, home) else tag


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
