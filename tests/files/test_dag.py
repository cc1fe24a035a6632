"""A run of importEvents_<account> says what it did, also when it is red."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from files.conftest import Folder
from message_center.accounts.account import Account, AccountError
from support.dag_bags import dag_bag


def run(folder: Folder, monkeypatch: pytest.MonkeyPatch, **params: Any) -> dict[str, Any]:
    """Call the task of the DAG, and return its XComs."""
    xcoms: dict[str, Any] = {}
    dag = dag_bag([Account("mcTest", import_path=folder.url)]).dags["importEvents_mcTest"]
    given = {**{name: dag.params[name] for name in dag.params}, "settled_seconds": 0, **params}
    context = {"params": given, "ti": SimpleNamespace(xcom_push=lambda key, value: xcoms.update({key: value}))}
    task: Any = dag.get_task("import_files")
    monkeypatch.setitem(task.python_callable.__globals__, "get_current_context", lambda: context)
    try:
        task.python_callable()
    except AccountError as error:
        xcoms["error"] = str(error)
    return xcoms


def test_the_result_of_a_run_is_numbers(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(folder, monkeypatch) == {}, "where nothing has come there is none"
    folder.put("a.ndjson", '{"type": "order"}\n{"type": "order", "email": "ann@shop.example", "ctx": {}}')
    assert run(folder, monkeypatch, dry_run=True) == {
        "return_value": {"dry_run": True, "files": 1, "accepted": 1, "rejected": 1}
    }
    folder.put("b.xml", "no XML")
    xcoms = run(folder, monkeypatch)
    result = xcoms.pop("return_value")
    (place,) = result.pop("rejected_in")
    assert place.endswith("-a.ndjson.rejected.ndjson")
    assert result == {"files": 1, "accepted": 1, "rejected": 1, "failed": 1}
    assert xcoms.pop("error").startswith(f"Account 'mcTest': {folder.url}/b.xml: line 1: it is not XML.")
