"""Arrays cut into their elements, each as it was written, however deep one of them is."""

from __future__ import annotations

import re

import msgspec

_RAW = msgspec.json.Decoder(list[msgspec.Raw])
# What matters to where an element ends: brackets, commas, and whole texts, in which there may be others of them.
_MARKS = re.compile(r'[\[{]+|[\]}]+|,|"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def elements_of(text: str) -> list[str]:
    """
    Return the elements of an array.

    What they hold is for others to read: this does not go into them.

    :raises ValueError: if it does not end.
    """
    try:
        return [bytes(element).decode() for element in _RAW.decode(text)]
    except (msgspec.DecodeError, RecursionError):
        return [element for element in _cut(text) if element.strip()]


def _cut(text: str) -> list[str]:
    elements: list[str] = []
    depth, begin = 0, text.index("[") + 1
    for mark in _MARKS.finditer(text):
        kind, length = text[mark.start()], mark.end() - mark.start()
        if kind in "[{":
            depth += length
        elif kind in "]}":
            depth -= length
            if depth <= 0:
                return [*elements, text[begin : mark.end() - 1]]
        elif kind == "," and depth == 1:
            elements.append(text[begin : mark.start()])
            begin = mark.end()
    raise ValueError("the array does not end")
