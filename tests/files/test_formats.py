"""The same events in whatever format are the same events in the database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import psycopg
import pytest
from fsspec.implementations.local import LocalFileSystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from message_center.files.file import File
from message_center.files.formats.csv_header import COLUMNS, CTX
from message_center.files.importing import FileImport
from message_center.intake.soap.events import FIELDS
from message_center.intake.soap.mapping import to_xml
from message_center.templates.fields import Event

Connection = psycopg.Connection[Any]
TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r\",;'<&"),
    max_size=12,
)
FILLED = TEXTS.filter(bool)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "type": FILLED,
            "email": st.just("ann@shop.example"),
            "ctx": st.fixed_dictionaries({"a": TEXTS, "b": st.fixed_dictionaries({"c": TEXTS, "été": TEXTS})}),
        },
        optional={"external_id": FILLED, "language": FILLED},
    ),
    max_size=8,
)


def as_ndjson(events: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in events)


def as_csv(events: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    columns = ["language", "ctx.b.c", "type", "email", "ctx.a", "external_id", "ctx.b.été"]
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for each in events:
        ctx = each["ctx"]
        within = {"ctx.a": ctx["a"], "ctx.b.c": ctx["b"]["c"], "ctx.b.été": ctx["b"]["été"]}
        writer.writerow({name: value for name, value in each.items() if name != "ctx"} | within)
    return text.getvalue()


def as_xml(events: list[dict[str, Any]]) -> str:
    root = Element("events")
    names = {ours: theirs for theirs, ours in FIELDS.items()}
    for each in events:
        attributes = {names[name]: value for name, value in each.items() if name != "ctx"}
        SubElement(root, "batchEvent", attributes).append(to_xml("ctx", each["ctx"]))
    return tostring(root, encoding="unicode").replace("\r", "&#13;")


WRITERS: dict[str, Callable[[list[dict[str, Any]]], str]] = {"ndjson": as_ndjson, "csv": as_csv, "xml": as_xml}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_what_is_written_is_what_is_stored(
    execution: Connection, tmp_path: Path, kind: str, events: list[dict[str, Any]]
) -> None:
    file = tmp_path / f"a.{kind}"
    file.write_text(WRITERS[kind](events), encoding="utf-8", newline="")
    progress = FileImport(execution, File(LocalFileSystem(), str(file), f"file://{file}"), "batch").run()
    stored = execution.execute(
        "select jsonb_strip_nulls(jsonb_build_object('type', type, 'email', email, 'external_id', external_id,"
        " 'language', language)) || jsonb_build_object('ctx', ctx) from message_center.event order by id"
    ).fetchall()
    execution.execute("truncate message_center.event")
    assert [event for (event,) in stored] == events
    assert (progress.accepted, progress.rejected) == (len(events), 0)


def test_every_field_of_an_event_has_a_column() -> None:
    assert {*COLUMNS, CTX} == Event.model_fields.keys()
