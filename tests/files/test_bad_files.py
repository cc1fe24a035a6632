"""A bad file stops no neighbour, and is told with its place and what to do."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from files.conftest import Folder
from message_center.accounts.account import Account, AccountError
from message_center.files import opening
from message_center.files.errors import FileError
from message_center.files.formats import csv_rows, ndjson, xml_elements
from message_center.files.run import import_events
from support.events import event

LINE = json.dumps(event(external_id="good"))
ELEMENT = '<rtEvent type="o" email="a@shop.example" externalId="good"><ctx/></rtEvent>'
DTD = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def damaged() -> bytes:
    """Unpacks to lines that are not those that were packed, and only its end tells."""
    packed = bytearray(gzip.compress("\n".join([LINE] * 99).encode(), 0))
    packed[packed.index(b"shop")] ^= 1
    return bytes(packed)


BAD: dict[str, tuple[str, bytes, str]] = {
    "UTF-16": ("a.csv", "type,email".encode("utf-16"), "it is in UTF-16. Save it in UTF-8"),
    "a workbook": ("a.csv", b"PK\3\4...", "it is an archive or a workbook. Save it as text"),
    "packed, and does not say so": ("a.ndjson", gzip.compress(b"{}"), "it is packed. Give it a name that ends in .gz"),
    "nothing at all, as packed": ("a.csv.gz", b"", "it is not whole, or not packed with gzip. Send it again"),
    "not packed": ("a.ndjson.gz", b"{}", "it is not whole, or not packed with gzip. Send it again"),
    "half of a packed one": ("a.ndjson.gz", gzip.compress(b"{}" * 999)[:-9], "it is not whole, or not packed"),
    "one that is damaged": ("a.ndjson.gz", damaged(), "it is not whole, or not packed"),
    "rubbish behind a packed one": (
        "a.ndjson.gz",
        gzip.compress(LINE.encode()) + b"rubbish",
        "it is not whole, or not",
    ),
    "the second half of two": ("a.ndjson.gz", 2 * gzip.compress(LINE.encode())[:-5], "it is not whole, or not packed"),
    "packed twice": ("a.ndjson.gz", gzip.compress(gzip.compress(LINE.encode())), "it is packed. Give it a name"),
    "UTF-16 without a mark": ("a.ndjson", LINE.encode("utf-16-le"), "it begins with zero bytes: it is in UTF-16"),
    "UTF-32": ("a.xml", ELEMENT.encode("utf-32-be"), "it begins with zero bytes"),
    "never written": ("a.ndjson", bytes(4096), "it begins with zero bytes: it is in UTF-16, or was not written"),
    "lines of long ago": ("a.ndjson", f"{LINE}\r{LINE}\r".encode(), "line 1: its lines end in CR alone. Save it with"),
    "rows of long ago": ("a.csv", b"type,email\ro,a@b.example\r", "line 1: its lines end in CR alone"),
    "a JSON array": ("a.ndjson", f"\n[\n{LINE},\n{LINE}\n]".encode(), "line 2: it is a JSON array. Write an event a"),
    "events on several lines": ("a.ndjson", json.dumps(event(), indent=1).encode(), "line 1: an event takes several"),
    "a hint for spreadsheets": ("a.csv", b"sep=;\ntype;email\n", "line 1: there is no column 'sep='"),
    "a header of Windows": (
        "a.csv",
        "type,ctx.größe\n".encode("cp1252"),
        "line 1: the header is not in UTF-8. Save the",
    ),
    "other delimiters": ("a.csv", b"type|email\n", "line 1: there is no column 'type|email'"),
    "columns that are too deep": ("a.csv", b"type,ctx" + b".a" * 99_999, "is within more than 64 others"),
    "a header without an end": ("a.csv", b"x" * 9_000_000, "line 1: the header has more than 8388608 bytes"),
    "elements without an end": ("a.xml", b"<r>" + b"<a>" * 9999, "line 1: what begins there has no end. Send it again"),
    "a root that is far too long": (
        "a.xml",
        f"<r a='{'x' * 70_000}'/>".encode(),
        "line 1: its root has more than 65536 bytes",
    ),
    "a root with a prefix for nothing": ("a.xml", b"<n:r/>", "line 1: it is not XML: unbound prefix"),
    "two roots": ("a.xml", b"<r/><r/>", "it is not XML"),
    "another header": ("a.csv", b"Type,E-Mail\no,a@b.example\n", "line 1: there is no column 'Type', 'E-Mail'. The fi"),
    "no header": ("a.csv", b"order,a@b.example\n", "line 1: there is no column 'order', 'a@b.example'"),
    "a header in Latin-1": ("a.csv", "type,ctx.é,\xe9".encode("latin1"), "line 1: the header is not in UTF-8"),
    "a column twice": ("a.csv", b"type,email,email\n", "line 1: the column email is there twice"),
    "a column and one within it": (
        "a.csv",
        b"type,ctx.a,ctx.a.b\n",
        "the column ctx.a is there, and columns within it",
    ),
    "ctx and one within it": ("a.csv", b"type,ctx,ctx.a.b\n", "the column ctx is there, and columns within it"),
    "no type": ("a.csv", b"email,ctx.a\n", "line 1: the column type is missing"),
    "quotes in the header": ("a.csv", b'type,"email\n', "line 1: the header is not CSV"),
    "no XML": ("a.xml", b"{}", "line 1: it is not XML. A file has one root"),
    "an event behind the root": ("a.xml", f"<r/>\n{ELEMENT}".encode(), "line 2: it is not XML. A file has one root"),
    "a text before the root": ("a.xml", f"\nevents:<r>{ELEMENT}</r>".encode(), "line 2: it is not XML"),
    "an end before the root": ("a.xml", f"</r><r>{ELEMENT}</r>".encode(), "line 1: it is not XML"),
    "a comment without an end": (
        "a.xml",
        f"<r>{ELEMENT}\n<!-- <rtEvent/></r>".encode(),
        "line 2: what begins there has no",
    ),
    "an event that ends with its file": (
        "a.xml",
        f"<r>\n<rtEvent><ctx>{ELEMENT}</r>".encode(),
        "line 2: what begins there",
    ),
    "a section without an end": (
        "a.xml",
        f"<r>\n<rtEvent><![CDATA[{ELEMENT}</rtEvent></r>".encode(),
        "line 2: what begins",
    ),
    "nothing at all, as XML": ("a.xml", b"", "it is not XML"),
    "nothing, as XML": ("a.xml", b"\n", "it is not XML"),
    "half of an XML": ("a.xml", f"<r>{ELEMENT}\n".encode(), "line 2: it ends before its root does. Send it again"),
    "a root that is an event": ("a.xml", ELEMENT.encode(), "its root is an event"),
    "entities": ("a.xml", f"{DTD}<r>{ELEMENT}<rtEvent type='&b;'>&b;</rtEvent></r>".encode(), "it has a DTD"),
    "an external DTD": ("a.xml", f"<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r>{ELEMENT}</r>".encode(), "it has a DTD"),
    "another encoding": ("a.xml", b'<?xml version="1.0" encoding="UTF-7"?><r/>', "its encoding cannot be read"),
    "not the encoding it says": ("a.xml", b"<r a='\xe9'/>", "its encoding cannot be read. Write it in UTF-8"),
}


def test_bad_files_stop_no_neighbour(folder: Folder) -> None:
    for number, (name, content, _) in enumerate(BAD.values()):
        folder.put(f"{number:02} {name}", content)
        folder.put(f"{number:02} good.ndjson", LINE)
    imported = folder.run()
    counted = {"failed": len(BAD), "files": len(BAD), "accepted": len(BAD), "rejected": 0}
    assert imported.counts == counted
    assert folder.events() == ["good"] * (len(BAD) + 2), "some have one before their fault"
    for number, (name, _, told) in enumerate(BAD.values()):
        fault = next(str(each) for each in imported.faults if f"/{number:02} {name}" in each.problem)
        assert told in fault
        assert len(fault) < 600
    with pytest.raises(
        AccountError, match=r"06 a\.ndjson\.gz: it is not whole.*and \d+ files more, which the log"
    ) as error:
        imported.refuse_faults()
    assert len(str(error.value)) < 6000
    assert len(folder.names()) == len(BAD), "what is bad stays where it is, until somebody mends it"


EMPTY = {
    "a.ndjson": b"",
    "b.csv": b"",
    "c.csv": b"\xef\xbb\xbftype,email\r\n",
    "d.xml": b"<r/>",
    "e.csv.gz": gzip.compress(b""),
}


def test_an_empty_file_is_done_at_once(folder: Folder) -> None:
    for name, content in EMPTY.items():
        folder.put(name, content)
    assert folder.run().counts == {"files": len(EMPTY), "accepted": 0, "rejected": 0}
    assert set(folder.done()) == set(EMPTY)


def rejected(reader: Any, text: bytes) -> list[tuple[int, str | None]]:
    return [(each.line, each.reason) for each in reader.read([text[:7], text[7:]])]


def test_a_bad_row_harms_no_other() -> None:
    head = b"type,email,ctx.a\n"
    rows = [
        b"o,a@b.example,x",
        b'o,"a',
        b"o,a",
        b'o,"a"b,x',
        b"o,\xe9,x",
        b"o,\0,x",
        b"",
        b" ",
        b'o,"a\n\nb",x',
        b",,",
        b",, ,",
        b"o,a,b,c",
        b'o,"',
        b"o,c@b.example,x",
        b"",
        b"o,c@b.example,x\ry",
    ]
    assert rejected(csv_rows, head + b"\r\n".join(rows)) == [
        (2, None),
        (3, """the row is not CSV: ',' expected after '"'"""),
        (4, "the row has 2 columns, and the header 3"),
        (5, """the row is not CSV: ',' expected after '"'"""),
        (6, "the row is not in UTF-8"),
        (7, "the row has a NUL byte"),
        (10, None),
        (15, "the row has 4 columns, and the header 3"),
        (16, "the row is not CSV: unexpected end of data"),
        (17, None),
        (19, "the row is not CSV: new-line character seen in unquoted field"),
    ]


def test_what_stands_before_a_fault_in_xml_is_taken_in() -> None:
    found = []

    def read() -> None:
        for each in xml_elements.read([f"<r>{ELEMENT}{ELEMENT}\n<!-".encode()]):
            found.append(each.reason)  # noqa: PERF401 - what comes before the error is wanted

    with pytest.raises(FileError, match="line 2: it ends before its root does"):
        read()
    assert found == [None, None]


@pytest.fixture
def small_records(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ndjson, csv_rows):
        monkeypatch.setattr(module, "MAX_RECORD_BYTES", 100_000)


def endless(beginning: bytes, piece: bytes, end: bytes = b"") -> Iterator[bytes]:
    yield beginning
    for _ in range(400):
        yield piece * (65536 // len(piece))
    yield end


@pytest.mark.usefixtures("small_records")
def test_a_line_without_an_end_takes_no_memory() -> None:
    tracemalloc.start()
    good = f"\n{LINE}\n".encode()
    assert [each.reason for each in ndjson.read(endless(b'{"a": "', b"x", good))] == [
        "the line has more than 100000 bytes",
        None,
    ]
    open_quote = csv_rows.read(endless(b'type,email\n"', b"x" * 1000 + b"\n", b"o,a@b.example"))
    reasons = Counter((each.line, each.reason) if each.line == 2 else each.reason for each in open_quote)
    assert set(reasons) == {
        (2, "the row has more than 100000 bytes"),
        "the row has 1 columns, and the header 2",
        None,
    }
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_bomb_is_noticed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "RATIO_COUNTS_FROM", 100_000)
    folder.put("a.ndjson.gz", gzip.compress(b"\n" * 1_000_000))
    folder.put("b.ndjson", LINE)
    imported = folder.run()
    assert "a.ndjson.gz: it unpacks to more than 200 times its size" in str(*imported.faults)
    assert folder.events() == ["good"]


def test_an_instance_that_is_not_ready_takes_nothing_and_says_what_to_do(folder: Folder) -> None:
    folder.put("a.ndjson", LINE)
    folder.instance.execute("update message_center.instance set account = null, instance_identifier = null")
    with pytest.raises(AccountError, match="Let mcSynch_mcTest run first"):
        folder.run()
    folder.instance.execute("drop table message_center.imported_file cascade")
    with pytest.raises(AccountError, match="not made ready"):
        folder.run()
    assert folder.names() == ["a.ndjson"]


def test_an_error_that_is_no_fault_of_the_data_rejects_nothing(folder: Folder) -> None:
    folder.put("a.ndjson", LINE)
    folder.instance.execute("alter table message_center.event rename column traceparent to other")
    with pytest.raises(AccountError, match="See that the instance takes it"):
        folder.run().refuse_faults()
    assert folder.names() == ["a.ndjson"]
    folder.instance.execute("alter table message_center.event rename column other to traceparent")
    assert folder.run().counts["accepted"] == 1


def test_an_event_that_the_instance_refuses_a_whole_call_for_harms_no_other(folder: Folder) -> None:
    folder.instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        "create trigger refuse before insert on message_center.event for each row when (new.external_id = '7')"
        " execute function public.refuse()"
    )
    deep = "[" * 900 + "]" * 900
    lines = [json.dumps(event(external_id=str(number))) for number in range(12)]
    folder.put("a.ndjson", "\n".join([*lines, f'{{"type": "o", "email": "a@b.example", "ctx": {{"a": {deep}}}}}']))
    assert folder.run().counts == {"files": 1, "accepted": 11, "rejected": 2}
    assert folder.events() == [str(number) for number in range(12) if number != 7]
    assert [told[:2] for told in folder.rejected("a.ndjson")] == [
        (8, "not storable: not this one"),
        (13, "ctx is nested deeper than 64 levels"),
    ]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("abfs://bucket/events", "ValueError: No filesystem registered for scheme abfs"),
        ("file://nobody@/nowhere", "there is no such folder"),
    ],
)
def test_what_cannot_be_reached_is_told_with_what_to_do(folder: Folder, url: str, told: str) -> None:
    with pytest.raises(AccountError, match=re.escape(told)) as error:
        import_events(Account("mcTest", import_path=url), {})
    assert "import_path" in str(error.value)


def test_a_store_that_fails_is_kept_for_the_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("nobody may")

    folder.put("a.ndjson", LINE)
    with monkeypatch.context() as patch:
        patch.setattr(folder.fs, "makedirs", refuse)
        with pytest.raises(AccountError, match=r"a\.ndjson: PermissionError: nobody may\. See that it can be"):
            folder.run().refuse_faults()
    assert folder.run().counts["files"] == 1
    assert folder.events() == ["good"]
