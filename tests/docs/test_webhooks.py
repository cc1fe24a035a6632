"""docs/webhooks.md, followed: its commands, and its receiver, which takes what a window tells it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from message_center.accounts.webhook_form import WEBHOOK_FIELDS, WEBHOOK_FORM
from message_center.statuses import STATUSES
from message_center.webhooks.message import WORDS
from support.pages import Runner, blocks, reader_environment, rows, runnable
from support.served import served
from support.webhooks import SECRET, Receiver, known, moved, pushed, tell, webhook

Connection = psycopg.Connection[Any]
PAGE = "docs/webhooks.md"


def test_the_commands_do_what_the_page_says(execution: Connection, execution_uri: str, tmp_path: Path) -> None:
    known(execution, webhook(Receiver("http://erp.example/status")))
    environment = reader_environment(MESSAGE_CENTER_EXECUTION_URI_mcExec1=execution_uri)
    reader = Runner(tmp_path, tmp_path, environment, {"execution": execution_uri})
    reader.run(PAGE)
    assert reader.ran == runnable(PAGE)


async def test_the_receiver_takes_what_it_is_told(
    execution: Connection, execution_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = (block.text for block in blocks(PAGE) if block.title == "receiver.py")
    (tmp_path / "receiver.py").write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("receiver", tmp_path / "receiver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    spec.loader.exec_module(module)
    with served(module.app) as url:
        told = webhook(Receiver(f"{url}/status"))
        known(execution, told)
        (event,) = pushed(execution)
        moved(execution, [event], "Pending delivery", "Sent")
        await tell(execution_uri, told, until=lambda: bool(module.taken))
    (message,) = module.taken.values()
    (shown,) = (json.loads(block.text) for block in blocks(PAGE) if block.language == "json")
    assert (message.keys(), message["data"].keys()) == (shown.keys(), shown["data"].keys())


def test_the_tables_are_what_there_is() -> None:
    shown = {row[0].strip("`"): row[1] for row in rows(PAGE) if len(row) == 2}
    told = {f"event.{WORDS[status]}": status for status in STATUSES}
    assert {name: shown[name].partition(",")[0] for name in told} == told
    labels = {row[1].strip("`"): row[0] for row in rows(PAGE) if len(row) == 3}
    fields = {**{name: field["label"] for name, field in WEBHOOK_FIELDS.items()}, **WEBHOOK_FORM["relabeling"]}
    assert {name: labels[name] for name in fields} == fields
    assert not labels.keys() & set(WEBHOOK_FORM["hidden-fields"]), "the form shows what the page has, its port too"
