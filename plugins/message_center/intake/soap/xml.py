"""XML that comes from outside, read without anything that XML can do besides being read."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Any, cast

from lxml import etree

from message_center.intake.problems import ProblemError

MAX_DEPTH = 100
MAX_ATTRIBUTES = 1000
# Those that a caller may declare; lxml itself would know some in which a DTD is not to be seen.
_ENCODINGS = {"utf-8", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252"}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
HARDENED: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "dtd_validation": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How XML is parsed, once it is text in UTF-8."""
# Made once; each document is read with nothing of the one before.
_PARSER = etree.XMLParser(**HARDENED)
_REMEDY = "Send a SOAP 1.1 envelope in UTF-8, without a DTD and without attachments (MTOM)."


def parse(body: bytes, content_type: str = "") -> etree._Element:
    """
    Return the root of a document.

    :param content_type: says how it is encoded, where it does not say so itself.
    :raises ProblemError: if it is none, has a DTD, or is nested too deeply.
    """
    text = _text(body, content_type)
    if _has_doctype(text):
        raise ProblemError(400, "The document has a DTD", remedy=_REMEDY)
    try:
        root = etree.fromstring(text.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise ProblemError(400, "The body is not XML", f"Line {line}, column {column}.", _REMEDY) from None
    # Each level has a tag of its own.
    if text.count("<") > MAX_DEPTH and _depth_of(root) > MAX_DEPTH:
        raise ProblemError(400, "The document is nested too deeply", f"{MAX_DEPTH} levels are read.", _REMEDY)
    return root


def declared_encoding(beginning: bytes, content_type: str = "") -> str:
    """
    Return the encoding that a document says it has, or what came with it.

    :raises LookupError: if we don't read it.
    """
    if beginning.startswith(_UTF16_MARKS):
        return "utf-16"
    found = _DECLARED.match(beginning)
    charset = _CHARSET.search(content_type) if content_type and not found else None
    encoding = found[1].decode().lower() if found else charset[1].lower() if charset else "utf-8"
    if encoding not in _ENCODINGS:
        raise LookupError(encoding)
    return encoding


def _text(body: bytes, content_type: str) -> str:
    try:
        if body.startswith(codecs.BOM_UTF8):
            return body.removeprefix(codecs.BOM_UTF8).decode()
        return body.decode(declared_encoding(body, content_type))
    except (LookupError, UnicodeDecodeError):
        raise ProblemError(400, "The encoding cannot be read", remedy=_REMEDY) from None


def _has_doctype(text: str) -> bool:
    """Tell whether a DTD stands before the root; a text within may well have its words."""
    at = 0
    while True:
        at = text.find("<", at)
        if at < 0:
            return False
        for begin, end in (("<?", "?>"), ("<!--", "-->")):
            if text.startswith(begin, at):
                closed = text.find(end, at + len(begin))
                if closed < 0:
                    return False
                at = closed + len(end)
                break
        else:
            return text.startswith("<!", at)


def _depth_of(root: etree._Element) -> int:
    depth = greatest = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        greatest = max(greatest, depth)
    return greatest


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return _local(str(element.tag))


def namespace(element: etree._Element) -> str:
    """Return the namespace that an element's name is in; empty for none."""
    return str(element.tag).rpartition("}")[0][1:]


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def elements(parent: etree._Element) -> list[etree._Element]:
    """Return the elements below another one: the parser leaves nothing else, as without a DTD there are no entities."""
    return list(parent)


def attributes(element: etree._Element) -> list[tuple[str, str]]:
    """
    Return the attributes of an element.

    :raises ProblemError: if there are so many that it takes long: libxml2 looks for each among all.
    """
    if len(element.attrib) > MAX_ATTRIBUTES:
        raise ProblemError(400, f"An element has more than {MAX_ATTRIBUTES} attributes", remedy="Use elements.")
    return cast("list[tuple[str, str]]", element.items())


def text_of(element: etree._Element) -> str:
    """Return the text of an element, without the white space around it."""
    if not len(element):
        return (element.text or "").strip()
    return "".join(str(part) for part in element.itertext()).strip()
