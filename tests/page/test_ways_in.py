"""The ways in, on the page: who may enter and when each last pushed, and what became of files; no secret among it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.files.run import import_events
from message_center.instances.heartbeats import record_run
from message_center.page.plugin import URL_PREFIX
from message_center.sql import statement
from message_center.workflows import IMPORT_EVENTS
from support.doors import add_caller, add_key
from support.events import event

INSTANCE = f"{URL_PREFIX}/api/instances/mcTest"
Rows = list[dict[str, Any]]


def shown(client: TestClient, what: str, secret: str = "hush") -> Rows:
    answer = client.get(f"{INSTANCE}/{what}")
    assert answer.status_code == 200, answer.text
    assert not any(part in answer.text for part in (secret, secret.rpartition("_")[2]))
    return list(answer.json()[what])


def test_who_may_enter_and_when_each_last_pushed(
    viewer: TestClient, execution: psycopg.Connection, shop: object
) -> None:
    secret = add_caller(execution, "erp", event_types=["[/b]"], queues=["rt"], rate=9)
    add_key(execution, "erp", overlap=3600)
    add_caller(execution, "quiet")
    add_caller(execution, "gone")
    for name in ("erp", "gone"):
        execution.execute(statement("door/push_events"), [name, "rt", json.dumps([event()])])
    execution.execute("select message_center.remove_caller('gone')")
    # As operators may write it by SQL.
    execution.execute("update message_center.caller_key set expires_at = 'infinity' where caller = 'quiet'")
    erp, quiet, gone, nobody = shown(viewer, "callers", secret)
    assert (erp["name"], erp["may_enter"], erp["events"], erp["event_types"]) == ("erp", True, 1, ["[/b]"])
    assert (erp["queues"], erp["max_events_per_second"]) == (["rt"], 9)
    assert erp["last_push_at"]
    assert [bool(key["good_until"]) for key in erp["keys"]] == [True, False], "they take turns"
    assert (quiet["name"], quiet["events"], quiet["last_push_at"]) == ("quiet", 0, None)
    assert (gone["name"], gone["may_enter"], gone["events"], gone["keys"]) == ("gone", False, 1, [])
    assert (nobody["name"], nobody["may_enter"]) == (None, False)
    assert nobody["events"], "by SQL"


def test_what_became_of_files_and_where_their_rejected_records_are(
    viewer: TestClient, execution: psycopg.Connection, shop: object, airflow_connections: None, tmp_path: Path
) -> None:
    (tmp_path / "good.csv").write_text("type,email\norder,a@shop.example\nhush,\n")
    (tmp_path / "bad.ndjson").write_text('{"type": "order", "email": "a@shop.example", "ctx": {}}\n\n{\n"a": 1}')
    (tmp_path / "bad.xml").write_text("<a><rtEvent/>")
    import_events(Account("mcTest", import_path=f"file://{tmp_path}"), {"settled_seconds": 0})
    rows = {row["file"].rpartition("/")[2]: row for row in shown(viewer, "files")}
    good = rows["good.csv"]
    assert (good["accepted"], good["rejected"], bool(good["finished_at"])) == (1, 1, True)
    assert Path(good["rejected_in"].removeprefix("file://")).is_file()
    assert (rows["bad.xml"]["finished_at"], rows["bad.xml"]["rejected_in"]) == (None, None)
    assert next(iter(rows)) == "bad.xml", "what is open comes first"


@pytest.mark.parametrize("path", [None, "file:///srv/events"])
def test_the_instance_says_how_its_import_stands(
    viewer: TestClient, shop: object, control: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    registry = Registry([Account("mcTest", import_path=path)])
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
    record_run(control, IMPORT_EVENTS.name, "mcTest", "error", error="no such folder")
    (instance,) = viewer.get(INSTANCE, params={"seconds": 5}).json()["instances"]
    if path is None:
        assert instance["importing"] is None
    else:
        importing = instance["importing"]
        assert (importing["path"], importing["last_error"]) == (path, "no such folder")


@pytest.mark.parametrize("what", ["callers", "files"])
def test_nobody_else_may_see_it(person: Any, shop: object, what: str) -> None:
    assert person(None).get(f"{INSTANCE}/{what}").status_code == 401
