"""XML that comes from outside, read without anything that XML can do besides being read."""

from __future__ import annotations

import codecs
import re
from xml.etree.ElementTree import Element, ParseError, XMLParser

from message_center.intake.problems import ProblemError

MAX_PARTS = 500_000
MAX_NAMESPACE = 1000
PIECE = 64 * 1024
_LONG = f"{{{MAX_NAMESPACE + 1}}}"
_LONG_NAMESPACE = re.compile(rf"""xmlns[^=<>"']{{0,200}}=\s{{0,200}}(?:"[^"]{_LONG}|'[^']{_LONG})""")
# Those that a caller may declare, as people write them: in each, ASCII is what it looks like. Python keeps each name
# that it has been asked for.
_ENCODINGS = re.compile(r"utf-?8|(?:us-)?ascii|(?:iso[-_]?)?8859-\d{1,2}|latin-?\d|(?:windows-|cp)125\d|koi8-[ru]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_REMEDY = "Send a SOAP 1.1 envelope in UTF-8, without a DTD and without attachments (MTOM)."


def parse(body: bytes, content_type: str = "") -> Element:
    """
    Return the root of a document.

    :param content_type: says how it is encoded, where it does not say so itself.
    :raises ProblemError: if it is none, has a DTD, or too many tags.
    """
    text = _text(body, content_type)
    if "<!" in text and _has_doctype(text):
        raise ProblemError(400, "The document has a DTD", remedy=_REMEDY)
    if len(text) > MAX_PARTS and text.count("<") + text.count("=") > MAX_PARTS:
        raise ProblemError(
            413,
            f"The document has more than {MAX_PARTS} tags and attributes",
            remedy="Push the events in several calls.",
        )
    try:
        return read(text)
    except ParseError as error:
        line, column = error.position
        raise ProblemError(400, "The body is not XML", f"Line {line}, column {column}.", _REMEDY) from None


def read(text: str) -> Element:
    """
    Return the root of a text of XML.

    :raises ParseError: if it is none, or has a namespace that is too long: each name in it becomes as long.
    """
    if len(text) > MAX_NAMESPACE and (found := _LONG_NAMESPACE.search(text)):
        error = ParseError(f"namespace of more than {MAX_NAMESPACE} characters: line 0, column 0")
        error.code = 0
        error.position = text.count("\n", 0, found.start()) + 1, 0
        raise error
    parser = XMLParser()
    # In pieces, between which others have their turn.
    for begin in range(0, len(text), PIECE):
        parser.feed(text[begin : begin + PIECE])
    return parser.close()


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
    if encoding != "utf-8" and not _ENCODINGS.fullmatch(encoding):
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


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return the namespace that an element's name is in; empty for none."""
    return element.tag.rpartition("}")[0][1:]


def text_of(element: Element) -> str:
    """Return the text of an element, without the white space around it."""
    if not len(element):
        return (element.text or "").strip()
    return "".join(element.itertext()).strip()
