"""XML: an event is an element of the root, as the SOAP door has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError

from message_center.errors import one_line
from message_center.files.errors import FileError
from message_center.files.formats.xml_pieces import NO_XML, Piece, Pieces
from message_center.files.records import MAX_RECORD_BYTES, Record, shown
from message_center.intake.problems import ProblemError
from message_center.intake.soap.events import as_event
from message_center.intake.soap.xml import declared_encoding, local
from message_center.intake.soap.xml import read as parsed

EVENTS = ("rtEvent", "batchEvent")
MAX_DEPTH = 100
MAX_TOLD = 200
_ATTRIBUTE = re.compile(r"""([^\s=<]+)\s*=\s*("[^"]*"|'[^']*')""")
_XMLNS = re.compile(r"xmlns(:.*)?")
_LINE_END = re.compile(r"\r\n?|\n")


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """
    Yield a record for each element of the root, read alone: what is wrong with one harms no other.

    :raises FileError: where the document is none, or has what we don't read.
    """
    pieces = Pieces(MAX_RECORD_BYTES, EVENTS)
    found = pieces.of(chunks)
    root = next(found)
    reader = _Reader(pieces.declaration, root)
    pieces.parsed = reader.element
    yield from map(reader.record, found)


class _Reader:
    """Reads the pieces of a document, each with the namespaces that its root declares."""

    def __init__(self, declaration: bytes, piece: Piece) -> None:
        try:
            self._encoding = declared_encoding(declaration)
            tag = (piece.content or b"").decode(self._encoding).removesuffix(">").removesuffix("/")
            root = parsed(f"{tag}/>")
        except (LookupError, UnicodeDecodeError):
            raise FileError("its encoding cannot be read", "Write it in UTF-8, and let it say so") from None
        except ParseError as error:
            raise FileError(f"line {piece.line}: it is not XML: {_told(error)}", NO_XML) from None
        if local(root) in EVENTS:
            raise FileError("its root is an event", NO_XML)
        # In a line of its own: those of an element begin with the second one. Of the root what elements need, and no
        # more: it is read again with each of them.
        declared = " ".join(f"{name}={value}" for name, value in _ATTRIBUTE.findall(tag) if _XMLNS.fullmatch(name))
        self._before, self._behind = f"<r {_LINE_END.sub(' ', declared)}>\n", "</r>"

    def record(self, piece: Piece) -> Record:
        what = "element" if piece.depth else "text between elements"
        if piece.content is None:
            return Record(piece.line, "", None, f"the {what} has more than {MAX_RECORD_BYTES} bytes")
        try:
            text = piece.content.decode(self._encoding)
        except UnicodeDecodeError:
            return Record(piece.line, shown(piece.content), None, f"the {what} is not in {self._encoding.upper()}")
        if not piece.depth:
            return Record(piece.line, text, None, "the text stands in no element")
        if piece.depth > MAX_DEPTH:
            return Record(piece.line, text, None, f"the element is nested deeper than {MAX_DEPTH} levels")
        try:
            element = self._within_root(text)[0] if piece.element is None else piece.element
        except ParseError as error:
            line = piece.line + error.position[0] - 2
            return Record(piece.line, text, None, f"the element is not XML: line {line}: {_told(error)}")
        if local(element) not in EVENTS:
            return Record(piece.line, text, None, f"the element {local(element)[:100]} is no rtEvent or batchEvent")
        try:
            return Record(piece.line, text, json.dumps(as_event(element)))
        except ProblemError as problem:
            return Record(piece.line, text, None, problem.title)

    def element(self, content: bytes) -> Element | None:
        """Return the one element that a content is; ``None`` if it is none, or may be too deep."""
        # The root, those that have an end, and an empty one in these.
        if content.count(b"</") + 2 > MAX_DEPTH:
            return None
        try:
            found = self._within_root(content.decode(self._encoding))
        except (UnicodeDecodeError, ParseError):
            return None
        return found[0] if len(found) == 1 else None

    def _within_root(self, text: str) -> Element:
        return parsed(f"{self._before}{text}{self._behind}")


def _told(error: ParseError) -> str:
    # It ends with a line and a column of what the parser was given.
    return one_line(error.msg.rpartition(": line ")[0])[:MAX_TOLD]
