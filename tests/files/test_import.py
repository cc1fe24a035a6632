"""Files in a folder become events, each record once, and what is rejected is kept beside them."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from airflow.sdk import ObjectStoragePath

from files.conftest import Folder
from message_center.accounts.account import Account, AccountError
from message_center.files.run import import_events
from support.events import event

LINES = [json.dumps(event(external_id=str(number))) for number in range(5)]
NDJSON = "\n".join([*LINES, ""])
CSV = """\
type,email,external_id,wished_channel,ctx.order.id,ctx.note
order,ann@shop.example,0,0,17,"two
lines"
order,,1,,18,
"""
XML = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<events xmlns="urn:nms:rtEvent">
  <rtEvent type="order" email="ann@shop.example" externalId="0" wishedChannel="0">
    <ctx><order id="17"><item>Müller</item></order></ctx>
  </rtEvent>
  <batchEvent type="order" externalId="1"><ctx/></batchEvent>
  <order/>
</events>
"""


def test_a_file_becomes_events_in_their_order_and_goes_to_what_is_done(folder: Folder) -> None:
    folder.put("orders.ndjson", NDJSON)
    assert folder.run().counts == {"files": 1, "accepted": 5, "rejected": 0}
    assert folder.events() == list("01234")
    assert folder.events("queue::text, ctx") == [("batch", {"order": 1242})] * 5
    assert (folder.names(), folder.done()) == ([], {"orders.ndjson": NDJSON})
    assert not folder.run().counts, "there is nothing left"


def test_csv_has_a_column_for_each_field_and_for_what_is_in_ctx(folder: Folder) -> None:
    folder.put("orders.csv", b"\xef\xbb\xbf" + CSV.replace(",", ";").encode())
    assert folder.run(queue="rt").counts == {"files": 1, "accepted": 1, "rejected": 1}
    assert folder.events("queue::text, email, ctx") == [
        ("rt", "ann@shop.example", {"order": {"id": "17"}, "note": "two\nlines"})
    ]
    assert folder.rejected("orders.csv") == [(4, "email is missing, the address of wished_channel 0", "order;;1;;18;")]


def test_csv_may_have_ctx_as_json_whose_numbers_keep_their_form(folder: Folder) -> None:
    folder.put("a.csv", 'ctx,type,email\n"{""price"": 19.90}",order,ann@shop.example\n{,order,ann@shop.example\n')
    assert folder.run().counts["accepted"] == 1
    assert folder.events("ctx::text") == ['{"price": 19.90}']
    assert folder.rejected("a.csv") == [(3, "ctx is not JSON", "{,order,ann@shop.example")]


def test_xml_has_the_elements_of_the_soap_door(folder: Folder) -> None:
    folder.put("orders.xml", XML.encode("latin1"))
    assert folder.run().counts == {"files": 1, "accepted": 1, "rejected": 2}
    assert folder.events("external_id, ctx") == [("0", {"order": {"@id": "17", "item": "Müller"}})]
    (line, reason, record), other = folder.rejected("orders.xml")
    assert (line, reason) == (6, "email is missing, the address of wished_channel 0")
    assert record.startswith("<batchEvent ")
    assert other[:2] == (7, "the element order is no rtEvent or batchEvent")


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", NDJSON), ("a.csv", CSV), ("a.xml", XML)])
def test_each_may_be_packed(folder: Folder, name: str, text: str) -> None:
    folder.put(f"{name}.gz", gzip.compress(text.encode("latin1")))
    folder.run()
    assert folder.events()[0] == "0"
    assert f"{name}.gz" in folder.done()


def test_what_is_rejected_can_be_corrected_and_put_there_again(folder: Folder) -> None:
    bad = [json.dumps(event(email="ann(at)shop.example", external_id="7")), "no json", "[]", '"\\ud800"', "\0"]
    folder.put("a.ndjson", "\n\n".join([LINES[0], *bad]))
    folder.run()
    assert folder.rejected("a.ndjson") == [
        (3, "email is badly formed", bad[0]),
        (5, "the line is not JSON in UTF-8", "no json"),
        (7, "an event is a JSON object, not array", "[]"),
        (9, "not storable: invalid input syntax for type json", bad[3]),
        (11, "the line is not JSON in UTF-8", "\0"),
    ]
    folder.put("corrected.ndjson", folder.rejected("a.ndjson")[0][2].replace("(at)", "@"))
    folder.run()
    assert folder.events() == ["0", "7"]


def test_other_names_are_left_alone_and_so_is_what_may_still_be_written_to(folder: Folder) -> None:
    for name in ("a.ndjson.part", ".a.ndjson", "_a.csv", "_a.txt", "a.ndjson.gz.tmp"):
        folder.put(name, "whatever")
    assert not folder.run().counts
    folder.put("a.ndjson", NDJSON)
    assert folder.run(settled_seconds=3600).counts == {"left_for_the_next_run": 1}
    assert folder.events() == []
    assert len(folder.names()) == 6


def test_a_name_that_no_reader_knows_is_counted_and_told(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever put it there waits for it, and looks at a run that is green."""
    for name in ("a.json", "a.csv.zip", "a.csv.bz2", "a.tsv", "a.csv "):
        folder.put(name, "whatever")
    folder.put("b.ndjson", NDJSON)
    assert folder.run().counts == {"left_alone": 5, "files": 1, "accepted": 5, "rejected": 0}
    assert f"{folder.url}/a.csv.zip" in caplog.text
    assert "end in none of .ndjson, .jsonl, .csv, .xml" in caplog.text
    assert len(folder.names()) == 5


def test_a_run_says_where_what_was_rejected_is(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.put("a.csv", CSV)
    assert "rejected_in" not in (folder.run(dry_run=True).result({"dry_run": True}) or {})
    (place,) = (folder.run().result({}) or {})["rejected_in"]
    assert place in caplog.text
    assert place.startswith(f"{folder.url}/done/")
    assert ObjectStoragePath(place).read_text() == folder.done()["a.csv.rejected.ndjson"]


def test_what_was_rejected_is_no_file_of_events(folder: Folder) -> None:
    folder.put("a.csv.rejected.ndjson", json.dumps({"line": 1, "reason": "email is missing", "record": "order"}))
    with pytest.raises(AccountError, match=r"it tells what was rejected of another file\. Take the records out"):
        folder.run().refuse_faults()
    assert folder.names() == ["a.csv.rejected.ndjson"]


def test_a_dry_run_counts_and_keeps_nothing(folder: Folder) -> None:
    folder.put("a.csv", CSV)
    imported = folder.run(dry_run=True)
    assert imported.result({"dry_run": True}) == {"dry_run": True, "files": 1, "accepted": 1, "rejected": 1}
    assert (folder.events(), folder.names(), folder.done()) == ([], ["a.csv"], {})
    assert folder.instance.execute("select from message_center.imported_file").fetchall() == []


def test_the_same_name_with_other_content_is_another_file(folder: Folder) -> None:
    for line in LINES[:2]:
        folder.put("a.ndjson", line)
        assert folder.run().counts["accepted"] == 1
    assert folder.events() == ["0", "1"]
    assert len(folder.fs.ls(f"{folder.path}/done")) == 2


def test_names_are_names_and_no_patterns(folder: Folder) -> None:
    names = ["a[1].ndjson", "a1.ndjson", "a*.ndjson", "a b#c%20?.NDJSON", "a\n\udcff.ndjson"]
    if folder.url.startswith("s3"):
        # Its keys are in UTF-8, and the server of the tests does not know lines.
        names.pop()
    for name in names:
        folder.put(name, LINES[0])
    assert folder.run().counts["files"] == len(names)
    assert folder.names() == []
    assert len(folder.done()) == len(names)


def test_another_folder_can_be_taken_by_hand(folder: Folder) -> None:
    folder.fs.makedirs(f"{folder.path}/late")
    folder.put("late/a.ndjson", NDJSON)
    assert folder.run(path=f"{folder.url}/late").counts["accepted"] == 5


def test_a_folder_that_is_not_there_is_told_with_what_to_do(folder: Folder) -> None:
    path = (
        f"{folder.url}/nowhere" if folder.url.startswith("file") else re.sub("bucket(-[^/]*)?/", "nowhere/", folder.url)
    )
    with pytest.raises(AccountError, match=r"nowhere.*: there is no such folder. Make it, or correct import_path"):
        import_events(Account("mcTest", import_path=path), {})


def test_what_is_done_is_not_taken_in_once_more(folder: Folder) -> None:
    folder.put("a.ndjson", NDJSON)
    folder.run()
    for path in ("done", "done/"):
        with pytest.raises(AccountError, match=r"done has what was taken in already\. Move what is to be"):
            folder.run(path=f"{folder.url}/{path}")
    assert folder.events() == list("01234")


@pytest.mark.parametrize("path", ["file:///etc", "{}2", "{}/../other", "{}/late/../../other", "{}/./late"])
def test_nobody_reads_what_is_not_in_the_accounts_folder(folder: Folder, path: str) -> None:
    with pytest.raises(AccountError, match=r"is not in the account's folder\. Name a folder in"):
        folder.run(path=path.format(folder.url))


def test_a_store_in_which_nothing_has_come_yet_is_no_fault(folder: Folder) -> None:
    assert not folder.run().counts
