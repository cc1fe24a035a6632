"""NDJSON: an event is a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from message_center.files.errors import FileError
from message_center.files.records import MAX_RECORD_BYTES, Record, refuse_old_lines, shown
from message_center.intake.lines import Lines, is_blank, judge


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """
    Yield a record for each line that is not blank.

    :raises FileError: if it is JSON of another kind.
    """
    is_first = True
    for number, line in Lines(MAX_RECORD_BYTES).of(chunks):
        if is_blank(line):
            continue
        if is_first:
            _refuse_documents(number, line or b"")
            is_first = False
        text, _, reason = judge(line, MAX_RECORD_BYTES)
        yield Record(number, text if text is not None else shown(line or b""), text, reason)


def _refuse_documents(number: int, line: bytes) -> None:
    """Most of such a file would be rejected, and what happens to stand on a line would not."""
    refuse_old_lines(number, line)
    if line.lstrip().startswith(b"["):
        raise FileError(f"line {number}: it is a JSON array", "Write an event a line: jq --compact-output '.[]' does")
    if line.strip() == b"{":
        raise FileError(f"line {number}: an event takes several lines", "Write it on one: jq --compact-output . does")
