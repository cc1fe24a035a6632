"""CSV: an event is a row, a field of it a column, and what its ``ctx`` has a column ``ctx.<name>``."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from message_center.files.errors import FileError
from message_center.files.formats.csv_header import Header
from message_center.files.records import MAX_RECORD_BYTES, Record, refuse_old_lines, shown
from message_center.intake.lines import Line, Lines, is_blank

NUL = b"\0"


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """
    Yield a record for each row.

    :raises FileError: if the header is none.
    """
    # What is longer than a record may be is found before.
    csv.field_size_limit(2 * MAX_RECORD_BYTES)
    rows = _Rows(chunks)
    header = rows.header()
    if header is None:
        return
    for cells, reason in rows.cells(header.delimiter):
        if not reason and len(cells) != len(header.names):
            reason = f"the row has {len(cells)} columns, and the header {len(header.names)}"
        event, reason = (None, reason) if reason else header.event(cells)
        yield Record(rows.line, rows.text, event, reason or None)


class _Rows:
    """
    The rows of a file, of which it is known where they begin and how they are written.

    It iterates over the lines for the reader of the standard library: again after their end, if some are given back.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._lines = Lines(MAX_RECORD_BYTES).of(chunks)
        self._given_back: list[Line] = []
        self._taken: list[Line] = []
        self._size = 0
        self._reason = ""

    @property
    def line(self) -> int:
        return self._taken[0][0]

    @property
    def text(self) -> str:
        return "\n".join(_shown(line) for _, line in self._taken).rstrip("\r")

    def header(self) -> Header | None:
        for number, line in self._lines:
            if line is None:
                raise FileError(f"line {number}: the header has more than {MAX_RECORD_BYTES} bytes", "Shorten it")
            if not is_blank(line):
                refuse_old_lines(number, line)
                return Header.read(_header(number, line))
        return None

    def cells(self, delimiter: str) -> Iterator[tuple[list[str], str]]:
        """Yield the cells of each row, or why it has none."""
        reader = csv.reader(self, strict=True, delimiter=delimiter)
        while True:
            self._taken, self._size, self._reason = [], 0, ""
            try:
                cells, reason = next(reader), self._reason
            except StopIteration:
                return
            except _TooLongError:
                cells, reason = [], self._end(f"the row has more than {MAX_RECORD_BYTES} bytes")
            except csv.Error as error:
                cells, reason = [], self._end(f"the row is not CSV: {str(error).partition(' - ')[0]}")
            if reason or any(cell.strip() for cell in cells):
                yield cells, reason

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = self._given_back.pop() if self._given_back else next(self._lines)
        self._taken.append((number, line))
        self._size += len(line or b"")
        if line is None or self._size > MAX_RECORD_BYTES:
            raise _TooLongError
        if NUL in line:
            self._reason = "the row has a NUL byte"
            line = line.replace(NUL, b"\\x00")
        try:
            return f"{line.decode()}\n"
        except UnicodeDecodeError:
            self._reason = "the row is not in UTF-8"
            return f"{_shown(line)}\n"

    def _end(self, reason: str) -> str:
        """End a bad row with its first line: a quote that is open there takes no other rows with it."""
        self._given_back += self._taken[:0:-1]
        del self._taken[1:]
        return reason


def _header(number: int, line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise FileError(f"line {number}: the header is not in UTF-8", "Save the file in UTF-8") from None


class _TooLongError(Exception):
    """A row, or a single line of it, that is longer than a record may be."""


def _shown(line: bytes | None) -> str:
    return shown((line or b"").replace(NUL, b"\\x00"))
