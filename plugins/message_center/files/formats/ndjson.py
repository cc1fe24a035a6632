"""NDJSON: an event is a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from message_center.files.records import MAX_RECORD_BYTES, Record, shown
from message_center.intake.lines import Lines, is_blank, judge


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Yield a record for each line that is not blank."""
    for number, line in Lines(MAX_RECORD_BYTES).of(chunks):
        if not is_blank(line):
            text, _, reason = judge(line, MAX_RECORD_BYTES)
            yield Record(number, text if text is not None else shown(line or b""), text, reason)
