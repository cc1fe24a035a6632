"""CSV: an event is a row, a field of it a column, and what its ``ctx`` has a column ``ctx.<name>``."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from message_center.files.errors import FileError
from message_center.files.formats.csv_header import Header
from message_center.files.records import MAX_RECORD_BYTES, Record, shown
from message_center.intake.lines import Lines, is_blank

NUL = b"\0"


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """
    Yield a record for each row.

    :raises FileError: if the header is none, or a row has no end.
    """
    # What is longer than a record may be ends the file before this does.
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
    """The rows of a file, of which it is known where they begin and how they are written."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.line = 0
        self._lines = Lines(MAX_RECORD_BYTES).of(chunks)
        self._taken: list[str] = []
        self._reason = ""

    @property
    def text(self) -> str:
        return "\n".join(self._taken).rstrip("\r")

    def header(self) -> Header | None:
        for _, line in self._lines:
            if not is_blank(line):
                return Header.read(shown(line or b""))
        return None

    def cells(self, delimiter: str) -> Iterator[tuple[list[str], str]]:
        """Yield the cells of each row, or why it has none."""
        reader = csv.reader(self._texts(), strict=True, delimiter=delimiter)
        while True:
            self._taken.clear()
            try:
                cells, reason = next(reader), self._reason
            except StopIteration:
                return
            except csv.Error as error:
                cells, reason = [], f"the row is not CSV: {error}"
            if reason or len(cells) > 1 or "".join(cells).strip():
                yield cells, reason

    def _texts(self) -> Iterator[str]:
        size = 0
        for number, line in self._lines:
            if not self._taken:
                self.line, size, self._reason = number, 0, ""
            size += len(line or b"")
            if line is None or size > MAX_RECORD_BYTES:
                raise FileError(
                    f"line {self.line}: the row has more than {MAX_RECORD_BYTES} bytes",
                    "Close the quote that is open there, or take the row out",
                )
            text = self._text(line)
            self._taken.append(text)
            yield f"{text}\n"

    def _text(self, line: bytes) -> str:
        if NUL in line:
            self._reason = "the row has a NUL byte"
            line = line.replace(NUL, b"\\x00")
        try:
            return line.decode()
        except UnicodeDecodeError:
            self._reason = "the row is not in UTF-8"
            return shown(line)
