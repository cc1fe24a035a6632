"""
Whatever is in a file is taken in or refused with a reason: no other error, and what is good beside it is taken in.

    FUZZ_INPUTS=1000000 FUZZ_SEED=7 pytest -n 4 tests/fuzz/test_files.py
"""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fuzz.calls import spoilt
from fuzz.inputs import Inputs
from message_center.files.errors import FileError
from message_center.files.formats import READERS
from message_center.files.opening import chunks_of
from message_center.files.pushing import push
from message_center.files.records import Record, sets
from support.events import event

INPUTS = int(os.environ.get("FUZZ_INPUTS", "800"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
AT_ONCE = 20
GOOD = json.dumps(event(external_id="good"))
BAD = (
    '<rtEvent type="order" email="john@shop.example" externalId="bad">'
    '<ctx><a x="1">t</a><![CDATA[<b>]]></ctx></rtEvent>'
)
NEIGHBOURS = {
    ".ndjson": ("", GOOD, "\n"),
    ".csv": ("type,email,external_id,ctx.a,ctx.b\n", "order,john@shop.example,good,x,y", "\n"),
    ".xml": (
        '<?xml version="1.0"?><events>',
        '<rtEvent type="order" email="john@shop.example" externalId="good"><ctx/></rtEvent>',
        "</events>",
    ),
}
"""What a file begins with, a record that is good, and what it ends with."""


def ndjson(inputs: Inputs) -> bytes:
    return "\n".join([inputs.event(GOOD), inputs.event(GOOD)]).encode(errors="surrogatepass")


def row(inputs: Inputs) -> bytes:
    cells = [f'"{inputs.text()}"' if inputs.random.random() < 0.5 else inputs.text() for _ in range(4)]
    return f"order,a@b.example,{','.join(cells)}".encode(errors="surrogatepass")


def elements(inputs: Inputs) -> bytes:
    return f"{BAD}<batchEvent><ctx>&lt;</ctx></batchEvent>".encode()


MAKERS = {".ndjson": ndjson, ".csv": row, ".xml": elements}


def contents(inputs: Inputs, ending: str) -> tuple[bytes, bool]:
    """Return a file with good records around what is spoilt; now and then these are, too, and whether they are not."""
    begin, good, end = (each.encode() for each in NEIGHBOURS[ending])
    between = MAKERS[ending](inputs)
    if inputs.random.random() < 0.3:
        return spoilt(inputs, b"\n".join([begin + good, between, good + end])), False
    return b"\n".join([begin + good, spoilt(inputs, between), good + end]), True


def read(inputs: Inputs, ending: str, content: bytes) -> Iterator[Record]:
    is_packed = inputs.random.random() < 0.1
    stream = io.BytesIO(spoilt(inputs, gzip.compress(content, 1)) if is_packed else content)
    yield from READERS[ending](chunks_of(stream, is_packed))


@pytest.mark.parametrize("ending", MAKERS)
def test_a_file_is_taken_in_or_refused(
    execution: psycopg.Connection[Any], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs(SEED)
    for _ in range(max(1, INPUTS // AT_ONCE)):
        pieces = inputs.random.choice((1, 7, 64, 4096))
        monkeypatch.setattr("message_center.files.opening.CHUNK_BYTES", pieces)
        found: list[Record] = []
        faults: list[FileError] = []
        for _ in range(AT_ONCE):
            content, is_good = contents(inputs, ending)
            records: list[Record] = []
            try:
                for part in sets(read(inputs, ending, content)):
                    records += part
            except FileError as error:
                faults.append(error)
            else:
                good = [record.event for record in (records[0], records[-1])] if is_good else []
                assert all(event and '"good"' in event for event in good), content
            found += records
        assert all(fault.remedy and str(fault).isprintable() for fault in faults), faults
        events = [record.event for record in found if record.event is not None]
        assert all(record.event is not None or record.reason for record in found)
        assert all(json.loads(record.told("bad"))["line"] > 0 for record in found)
        results = push(execution, "batch", [GOOD, *events, GOOD])
        assert len(results) == len(events) + 2
        assert results[0].id is not None
        assert results[-1].id is not None
        assert all(result.id is not None or result.reason for result in results)
