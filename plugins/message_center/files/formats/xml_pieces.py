"""XML in pieces: what stands in its root, element by element. What is wrong in one of them is not looked at here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from message_center.files.errors import FileError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NO_XML = "A file has one root, and in it elements rtEvent or batchEvent; no DTD"
_NOT_WHOLE = "Send it again, and whole"
MAX_NAME_BYTES = 100  # of which elements are told apart
MAX_ROOT_BYTES = 64 * 1024
MOST_BYTES = 16 * 1024  # of most elements: so far is looked for an end
MAX_OPEN = 10_000  # of which the names are kept; what is deeper is counted

# A tag has no `<` in it, nor has a value: where there is one, its end is missing.
_NAME = rb"(?P<slash>/?)(?P<name>[A-Za-z_:\x80-\xff][^\s\"'<>/=]{0,%d})" % (MAX_NAME_BYTES - 1)
_VALUE = rb"\"[^\"<]*\"|'[^'<]*'"
_TEXT = re.compile(
    rb"<(?:%b(?P<tag>[^<>\"']*(?:(?:%b)[^<>\"']*){0,99}>)?|(?P<comment>!--)|(?P<section>!\[CDATA\[)|(?P<instruction>\?)"
    rb"|(?P<declaration>!))" % (_NAME, _VALUE)
)
# What ends what we are in, if that has not come as a whole.
_TAG = re.compile(rb"[\"'<]|/?>")
_VALUES = {b'"': re.compile(rb"[\"<]"), b"'": re.compile(rb"['<]")}
_OTHERS = {
    "comment": re.compile(rb"-->"),
    "section": re.compile(rb"\]\]>"),
    "instruction": re.compile(rb"\?>"),
    "declaration": _TEXT,
}
_LOOK_AHEAD = MAX_NAME_BYTES + 2  # what has to be there behind a `<`, to know what it is
_LOOK_BACK = 2  # of an end that has come in part


class Piece(NamedTuple):
    """
    The start tag of the root, then an element of it, or a text between two of them.

    :param line: where it begins.
    :param content: as the file has it; ``None`` if it is too long.
    :param depth: of its deepest element, if that was looked for, the root being 1; 0 for a text.
    :param element: what it was found to be.
    """

    line: int
    content: bytes | None
    depth: int
    element: Element | None = None


class Pieces:
    """
    Cuts pieces out of chunks, in the memory of one of them, be they XML or not.

    :param max_bytes: of a piece; what is longer is not kept until its end comes.
    :param repeated: names of elements of which none stands right in another: where one does, an end is missing.
    """

    parsed: Callable[[bytes], Element | None] = staticmethod(lambda _: None)
    """Tells the element that a content is, if it is one and whole: then it is not looked for tag by tag."""

    declaration = b""
    """``<?xml …?>``, once the root has come."""

    def __init__(self, max_bytes: int, repeated: Iterable[str]) -> None:
        self._max_bytes, self._repeated = max_bytes, {name.encode() for name in repeated}
        self._buffer, self._at, self._in = bytearray(), 0, _TEXT
        # Of what may become a piece: where it begins, in which line, and whether some of it has been let go.
        self._begin, self._line, self._is_cut = 0, 1, False
        self._lines = 1
        self._name, self._is_end = b"", False
        self._open: list[bytes] = []
        self._names: Counter[bytes] = Counter()
        self._depth = self._deepest = 0
        self._is_over = False

    def of(self, chunks: Iterable[bytes]) -> Iterator[Piece]:
        """
        Yield all pieces of some chunks.

        :raises FileError: where it cannot be said any more what a piece is.
        """
        for chunk in chunks:
            self._buffer += chunk
            yield from self._cut(is_last=False)
            self._forget()
        yield from self._cut(is_last=True)
        if self._depth > 1 or self._in is not _TEXT:
            raise FileError(f"line {self._line}: what begins there has no end", _NOT_WHOLE)
        if self._open:
            line = self._lines + self._buffer.count(b"\n", self._begin)
            raise FileError(f"line {line}: it ends before its root does", _NOT_WHOLE)
        if not self._is_over or self._text():
            raise FileError(f"line {self._line}: it is not XML", NO_XML)

    def _cut(self, is_last: bool) -> Iterator[Piece]:
        while found := self._next(is_last):
            self._at = found.end()
            yield from self._markup(found) if self._in is _TEXT else self._within(found[0])

    def _next(self, is_last: bool) -> re.Match[bytes] | None:
        found = self._in.search(self._buffer, self._at)
        if self._in is not _TEXT:
            if not found:
                self._at = max(self._at, len(self._buffer) - _LOOK_BACK)
            return found
        known = len(self._buffer) if is_last else max(self._at, len(self._buffer) - _LOOK_AHEAD)
        if found and found.start() < known:
            return found
        unknown = self._buffer.find(b"<", known)
        self._at = unknown if unknown >= 0 else len(self._buffer)
        return None

    def _markup(self, found: re.Match[bytes]) -> Iterator[Piece]:
        """Go on behind what begins, and yield what ends with that."""
        kind, at = str(found.lastgroup), found.start()
        self._name, self._is_end = found["name"], bool(found["slash"])
        if not self._depth:
            self._refuse_outside(kind, at)
        if self._depth < 2:
            if kind != "section":
                yield from self._end_of_text(at)
        elif self._depth == 2 and self._name and not self._is_end and self._is_repeated():
            self._close(self._open[1])
            yield self._end_of_element(at)
        if kind == "tag":
            is_empty = found["tag"].endswith(b"/>")
            if self._depth == 1 and not is_empty and not self._is_end and (piece := self._whole()):
                yield piece
            else:
                yield from self._end_of_tag(is_empty)
        else:
            self._in = _OTHERS.get(kind, _TAG)

    def _whole(self) -> Piece | None:
        """Return the element that has begun, if it goes to the first end of its name: that it is one is the proof."""
        end = self._buffer.find(b"</%b>" % self._name, self._at, self._at + MOST_BYTES)
        if end < 0 or end - self._begin > self._max_bytes:
            return None
        end += len(self._name) + 3
        if (element := self.parsed(self._content(end))) is None:
            return None
        self._at = end
        self._deepest = 2
        return self._end_of_element(end)._replace(element=element)

    def _refuse_outside(self, kind: str, at: int) -> None:
        if kind == "declaration":
            raise FileError("it has a DTD", NO_XML)
        if self._text(at) or kind == "section" or (self._name and (self._is_over or self._is_end)):
            raise FileError(f"line {self._line_of(at)}: it is not XML", NO_XML)

    def _within(self, end: bytes) -> Iterator[Piece]:
        """Go on behind the end of what we are in, and yield the piece that ends with it."""
        if self._in is _TAG and end in _VALUES:
            self._in = _VALUES[end]
        elif end in _VALUES:
            self._in = _TAG
        elif self._in in _OTHERS.values():
            if self._depth < 2 and self._in is not _OTHERS["section"]:
                self._leave_out()
            self._in = _TEXT
        else:
            self._in = _TEXT
            self._at -= end == b"<"
            yield from self._end_of_tag(is_empty=end == b"/>")

    def _leave_out(self) -> None:
        """Comments and the like, between elements."""
        if not self._depth and not self.declaration:
            self.declaration = self._content(self._at)
        self._begin_at(self._at)

    def _end_of_tag(self, is_empty: bool) -> Iterator[Piece]:
        if not self._is_end:
            yield from self._start()
        if self._is_end or is_empty:
            yield from self._end()

    def _start(self) -> Iterator[Piece]:
        if not self._depth:
            root = Piece(self._line_of(self._at), self._content(self._at).strip(), 1)
            if self._is_cut or len(root.content or b"") > MAX_ROOT_BYTES:
                raise FileError(f"line {root.line}: its root has more than {MAX_ROOT_BYTES} bytes", "Shorten it")
            self._begin_at(self._at)
            yield root
        self._depth += 1
        self._deepest = max(self._deepest, self._depth)
        if self._depth <= MAX_OPEN:
            self._open.append(self._name)
            self._names[self._name] += 1

    def _end(self) -> Iterator[Piece]:
        before = self._depth
        if before > MAX_OPEN and self._name != self._open[1]:
            self._depth -= 1
            return
        self._depth = len(self._open)
        self._close(self._name)
        if self._depth == 1 < before:
            yield self._end_of_element(self._at)
        if self._depth == 0 < before:
            if before > 1:
                raise FileError(f"line {self._line}: what begins there has no end", _NOT_WHOLE)
            self._is_over = True
            self._begin_at(self._at)

    def _close(self, name: bytes) -> None:
        """Close what is open of a name, and what has no end in it; what closes nothing is let stand."""
        while name in self._names:
            self._depth -= 1
            last = self._open.pop()
            self._names[last] -= 1
            if not self._names[last]:
                # A file may have any number of names.
                del self._names[last]
            if last == name:
                return

    def _is_repeated(self) -> bool:
        return {_local(self._name), _local(self._open[1])} <= self._repeated

    def _end_of_text(self, at: int) -> Iterator[Piece]:
        if (text := self._text(at)) or self._is_cut:
            yield Piece(self._line_of(at), None if self._is_cut else text, 0)
        self._begin_at(at)

    def _end_of_element(self, at: int) -> Piece:
        content = None if self._is_cut or at - self._begin > self._max_bytes else self._content(at)
        piece = Piece(self._line, content, self._deepest)
        self._begin_at(at)
        self._deepest = 0
        return piece

    def _content(self, at: int) -> bytes:
        return bytes(self._buffer[self._begin : at])

    def _text(self, at: int | None = None) -> bytes:
        return bytes(self._buffer[self._begin : at]).strip()

    def _line_of(self, at: int) -> int:
        """Return the line in which a text begins, behind what is blank."""
        text = self._content(at)
        return self._line if self._is_cut else self._line + text.count(b"\n", 0, len(text) - len(text.lstrip()))

    def _begin_at(self, at: int) -> None:
        self._lines += self._buffer.count(b"\n", self._begin, at)
        self._begin, self._line, self._is_cut = at, self._lines, False

    def _forget(self) -> None:
        """Let go what is through, and what is too long."""
        if self._at - self._begin > self._max_bytes:
            is_blank = self._depth < 2 and self._in is _TEXT and not self._is_cut and not self._text(self._at)
            line = self._line
            self._begin_at(self._at)
            if not is_blank:
                self._line, self._is_cut = line, True
        del self._buffer[: self._begin]
        self._at -= self._begin
        self._begin = 0


def _local(name: bytes) -> bytes:
    return name.rpartition(b":")[2]
