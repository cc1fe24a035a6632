"""The formats: each reads chunks of bytes, in constant memory, and yields records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from message_center.files.formats import csv_rows, ndjson, xml_elements
from message_center.files.records import Record

READERS: Mapping[str, Callable[[Iterable[bytes]], Iterator[Record]]] = {
    ".ndjson": ndjson.read,
    ".jsonl": ndjson.read,
    ".csv": csv_rows.read,
    ".xml": xml_elements.read,
}
"""By the ending of a file's name, behind which there may be another ``.gz``."""
