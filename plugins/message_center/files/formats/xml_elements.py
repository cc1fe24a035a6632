"""XML: an event is an element of the root, as the SOAP door has it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import NoReturn

from lxml import etree

from message_center.files.errors import FileError
from message_center.files.records import MAX_RECORD_BYTES, Record
from message_center.intake.problems import ProblemError
from message_center.intake.soap.events import as_event
from message_center.intake.soap.xml import HARDENED, MAX_DEPTH, declared_encoding, local

EVENTS = ("rtEvent", "batchEvent")
RESOURCE_LIMIT = 114  # libxml2's XML_ERR_RESOURCE_LIMIT
_REMEDY = "A file has one root, and in it elements rtEvent or batchEvent; no DTD"


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """
    Yield a record for each element of the root.

    :raises FileError: where the document is none, or has what we don't read.
    """
    reader = _Reader()
    for chunk in _in_utf8(chunks):
        yield from reader.records(chunk)
    yield from reader.end()


def _in_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decoder: codecs.IncrementalDecoder | None = None
    try:
        for chunk in chunks:
            decoder = decoder or codecs.getincrementaldecoder(declared_encoding(chunk))()
            yield decoder.decode(chunk).encode()
        if decoder:
            decoder.decode(b"", final=True)
    except (LookupError, UnicodeDecodeError):
        raise FileError("its encoding cannot be read", "Write it in UTF-8, and let it say so") from None


class _Reader:
    """Reads a document piece by piece, and keeps of it what is open."""

    def __init__(self) -> None:
        self._parser = etree.XMLPullParser(events=("start", "end"), **HARDENED)
        self._depth = self._deepest = self._fed = self._begun = 0
        self._is_fed = False

    def records(self, chunk: bytes) -> Iterator[Record]:
        self._fed += len(chunk)
        self._is_fed = True
        try:
            self._parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            # What stands before the fault is good.
            yield from self._read()
            _refuse(error)
        yield from self._read()
        if self._depth > 1 and self._fed - self._begun > MAX_RECORD_BYTES:
            raise FileError(f"an event has more than {MAX_RECORD_BYTES} bytes", "Take it out")

    def end(self) -> Iterator[Record]:
        if self._is_fed:
            try:
                self._parser.close()
            except etree.XMLSyntaxError as error:
                _refuse(error)
            yield from self._read()

    def _read(self) -> Iterator[Record]:
        for event, element in self._parser.read_events():
            assert isinstance(element, etree._Element)
            if event == "start":
                self._begin(element)
                continue
            if self._depth == 2:
                yield _record(element, self._deepest)
                # Those before it, whose tails are in: what comes behind this one still belongs to it.
                root = element.getparent()
                while root is not None and root[0] is not element:
                    del root[0]
            self._depth -= 1

    def _begin(self, element: etree._Element) -> None:
        self._depth += 1
        self._deepest = max(self._deepest, self._depth)
        if self._depth == 1:
            if element.getroottree().docinfo.internalDTD is not None:
                raise FileError("it has a DTD", _REMEDY)
            if local(element) in EVENTS:
                raise FileError("its root is an event", _REMEDY)
        elif self._depth == 2:
            self._begun, self._deepest = self._fed, 2


def _record(element: etree._Element, deepest: int) -> Record:
    text = str(etree.tostring(element, encoding="unicode", with_tail=False))
    line: int = element.sourceline or 0  # type: ignore[assignment]
    if len(text) > MAX_RECORD_BYTES:
        return Record(line, "", None, f"the element has more than {MAX_RECORD_BYTES} bytes")
    if local(element) not in EVENTS:
        return Record(line, text, None, f"the element {local(element)[:100]} is no rtEvent or batchEvent")
    if deepest > MAX_DEPTH:
        return Record(line, text, None, f"the element is nested deeper than {MAX_DEPTH} levels")
    try:
        return Record(line, text, json.dumps(as_event(element)))
    except ProblemError as problem:
        return Record(line, text, None, problem.title)


def _refuse(error: etree.XMLSyntaxError) -> NoReturn:
    # Where it is wrong, and nothing of what stands there.
    line, column = error.position
    if error.code == RESOURCE_LIMIT:  # type: ignore[attr-defined]
        raise FileError(f"line {line}: an element there is too deep, or too long", "Take it out") from None
    raise FileError(f"line {line}, column {column}: it is not XML", _REMEDY) from None
