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

White space between elements, comments and prefixes are not kept; everything else is, so that the same XML comes back.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from lxml import etree

_OURS = ("urn:nms:rtEvent", "urn:nms:batchEvent")
Value = Any
"""A text, or an object of such values and arrays of them."""


def to_json(element: etree._Element) -> Value:
    """Return what an element holds."""
    attributes = {f"@{_name(str(name))}": str(value) for name, value in element.attrib.items()}
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        text = _text(element)
        return text if not attributes else {**attributes, **({"#text": text} if text else {})}
    runs = [(name, list(run)) for name, run in groupby(children, key=_name_of)]
    if _is_mixed(element, runs):
        return {**attributes, "#content": _content(element, children)}
    values = ((name, [to_json(child) for child in run]) for name, run in runs)
    return {**attributes, **{name: each if len(each) > 1 else each[0] for name, each in values}}


def to_object(element: etree._Element) -> dict[str, Value]:
    """Return what an element holds as an object, which ``ctx`` has to be."""
    value = to_json(element)
    if isinstance(value, dict):
        return value
    return {"#text": value} if value else {}


def to_xml(name: str, value: Value) -> etree._Element:
    """
    Return the element that a value came from.

    :raises ValueError: if a name is none of an element.
    """
    element = etree.Element(_tag(name))
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


def _is_mixed(element: etree._Element, runs: list[tuple[str, list[etree._Element]]]) -> bool:
    if len(runs) > len({name for name, _ in runs}) or (element.text or "").strip():
        return True
    return any((child.tail or "").strip() for child in element)


def _content(element: etree._Element, children: list[etree._Element]) -> list[Value]:
    content: list[Value] = [element.text or ""]
    for child in children:
        content += [{_name_of(child): to_json(child)}, child.tail or ""]
    is_spaced = any(isinstance(part, str) and part.strip() for part in content)
    return [part for part in content if part and (is_spaced or not isinstance(part, str))]


def _append_content(element: etree._Element, content: list[Value]) -> None:
    last: etree._Element | None = None
    for part in content:
        if isinstance(part, dict):
            for name, value in part.items():
                last = to_xml(name, value)
                element.append(last)
        elif last is None:
            element.text = (element.text or "") + _as_text(part)
        else:
            last.tail = (last.tail or "") + _as_text(part)


def _text(element: etree._Element) -> str:
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _name_of(element: etree._Element) -> str:
    return _name(str(element.tag))


def _name(tag: str) -> str:
    """Return a name without the namespaces that every event has; of any other, it is a part."""
    if not tag.startswith("{"):
        return tag
    namespace, _, name = tag[1:].rpartition("}")
    return name if not namespace or namespace in _OURS else tag


def _tag(name: str) -> str:
    return str(etree.QName(name).text)


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
