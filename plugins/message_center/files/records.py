"""Records of a file, whatever its format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from message_center.files.errors import FileError
from message_center.intake.lines import MAX_CHARACTERS, MAX_LINES

MAX_RECORD_BYTES = 8 * 1024 * 1024


class Record(NamedTuple):
    """
    A record: an event, or the reason why it is none.

    :param line: where it begins.
    :param text: as the file has it.
    :param event: as JSON for ``push_events``; ``None`` if it is none.
    """

    line: int
    text: str
    event: str | None
    reason: str | None = None

    def told(self, reason: str) -> str:
        """Return the line that tells of its rejection, with what UTF-8 cannot say as JSON says it."""
        told = json.dumps({"line": self.line, "reason": reason, "record": self.text}, ensure_ascii=False)
        return told.encode(errors="backslashreplace").decode()


def sets(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Cut records into sets that are pushed in one call."""
    part: list[Record] = []
    size = 0
    try:
        for record in records:
            part.append(record)
            size += len(record.text)
            if len(part) >= MAX_LINES or size >= MAX_CHARACTERS:
                yield part
                part, size = [], 0
    except FileError:
        # What stands before the fault is good.
        if part:
            yield part
        raise
    if part:
        yield part


def shown(line: bytes) -> str:
    """Return what a line says, and the bytes that are no UTF-8 by their numbers."""
    return line.decode(errors="backslashreplace")


def refuse_old_lines(number: int, line: bytes) -> None:
    """
    See that a file's first line is one.

    :raises FileError: if it ends as nothing does any more.
    """
    if b"\r" in line.rstrip(b"\r"):
        raise FileError(f"line {number}: its lines end in CR alone", "Save it with lines that end in LF, or CR and LF")
