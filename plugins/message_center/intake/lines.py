"""Lines of NDJSON, however they come: cut out of chunks, and each of them an event or the reason why it is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from message_center.intake.bodies import read_heads, read_text
from message_center.intake.problems import ProblemError, TooDeepError

MAX_LINES = 1000
MAX_CHARACTERS = 1024 * 1024
"""What is pushed in one call."""

Line = tuple[int, bytes | None]
"""Its number, and what it has; ``None`` for one that is too long."""


class Lines:
    """
    Cuts lines out of chunks, in the memory of one of them.

    :param max_bytes: of a line; what is longer is not kept until its end comes.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._number, self._rest, self._is_too_long = 1, bytearray(), False

    def cut(self, chunk: bytes) -> Iterator[Line]:
        """Yield the lines that end in a chunk."""
        *whole, last = chunk.split(b"\n")
        for part in whole:
            yield self._end(part)
        self._rest += last
        if len(self._rest) > self.max_bytes:
            self._is_too_long = True
            self._rest.clear()

    def last(self) -> Iterator[Line]:
        """Yield what has come after the last line's end, if there is anything."""
        if self._is_too_long or self._rest:
            yield self._end()

    def of(self, chunks: Iterable[bytes]) -> Iterator[Line]:
        """Yield all lines of some chunks."""
        for chunk in chunks:
            yield from self.cut(chunk)
        yield from self.last()

    def _end(self, part: bytes = b"") -> Line:
        whole = bytes(self._rest) + part if self._rest else part
        is_too_long = self._is_too_long or len(whole) > self.max_bytes
        line = self._number, None if is_too_long else whole
        self._number, self._is_too_long = self._number + 1, False
        self._rest.clear()
        return line


class Judged(NamedTuple):
    """A line: the JSON of its event and the head of it, or the reason why it is none."""

    text: str | None
    event: Any = None
    reason: str | None = None


def is_blank(line: bytes | None) -> bool:
    """Tell whether a line has nothing in it: that is no event, and no fault either."""
    return line is not None and not line.strip()


def judge(line: bytes | None, max_bytes: int) -> Judged:
    """Return the event of a line; its fields are for the instance to judge."""
    if line is None:
        return Judged(None, reason=f"the line has more than {max_bytes} bytes")
    try:
        text = read_text(line).strip()
        event = read_heads(text)
    except TooDeepError:
        return Judged(None, reason=TooDeepError.REASON)
    except ProblemError:
        return Judged(None, reason="the line is not JSON in UTF-8")
    if isinstance(event, list):
        return Judged(None, reason="an event is a JSON object, not array")
    return Judged(text, event)
