"""Accounts come and go through Airflow's REST API, as through its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from message_center.local.airflow_api import AirflowApi, AirflowError
from message_center.local.connections import SMTP, connections
from message_center.workflows import RT_EVENTS_PROCESSING, STARTED_BY_THE_USER, STARTED_WITH_THE_ACCOUNT
from support.accounts import connect_to, delete_account, new_account, registered
from support.stack import Running
from support.waiting import until
from support.workflows import succeed

WORKFLOWS = (*STARTED_WITH_THE_ACCOUNT, *STARTED_BY_THE_USER)
# Twice what is promised: other tests run beside these. How long it takes is measured where nothing else runs.
WITHIN = 60
AWAY_WITHIN = 120
# Ten seconds are promised; the first window of a new triggerer waits for its imports too.
FIRST_WINDOW_WITHIN = 60


@pytest.fixture
def accounts(stack: Running) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Two accounts: one that will be deleted, and one that will be disabled."""
    with new_account(stack, "mcExec3") as deleted, new_account(stack, "mcExec5") as disabled:
        yield deleted, disabled


def heartbeat(account: dict[str, Any], workflow: str) -> Any:
    """Return when a workflow of the account last started, once it has."""
    with connect_to(account) as connection:
        query = "select last_start from message_center.workflow_heartbeat where workflow = %s"
        return connection.execute(query, [workflow]).fetchone()


def dag_ids(account: dict[str, Any]) -> list[str]:
    return [workflow.dag_id(account["connection_id"]) for workflow in WORKFLOWS]


def are_there(airflow: AirflowApi, account: dict[str, Any]) -> bool:
    return all(map(airflow.has_dag, dag_ids(account)))


def are_away(airflow: AirflowApi, account: dict[str, Any]) -> bool:
    return not any(map(airflow.has_dag, dag_ids(account)))


def test_accounts_come_archive_and_go(stack: Running, accounts: tuple[dict[str, Any], dict[str, Any]]) -> None:
    deleted, disabled = accounts
    with stack.airflow() as airflow:
        for account in accounts:
            airflow.add_connection(account)
        for account in accounts:
            comes_and_archives(airflow, account)

        airflow.delete_connection(deleted["connection_id"])
        extra = json.dumps({"smtp_conn_id": SMTP, "enabled": False})
        airflow.change_connection(disabled["connection_id"], extra=extra)
        for account in accounts:
            until(f"the workflows of {account['connection_id']} away", lambda: are_away(airflow, account), AWAY_WITHIN)  # noqa: B023
        assert all(map(airflow.has_dag, (workflow.dag_id("mcExec1") for workflow in WORKFLOWS)))

        airflow.change_connection(disabled["connection_id"], extra=json.dumps({"smtp_conn_id": SMTP}))
        until("the enabled account's workflows back", lambda: are_there(airflow, disabled), WITHIN)
        assert not airflow.import_errors()


def comes_and_archives(airflow: AirflowApi, account: dict[str, Any]) -> None:
    """See an account's workflows come, its archiving begin by itself, and its first window when it is unpaused."""
    name, (archiving, *_) = account["connection_id"], dag_ids(account)
    until(f"all workflows of {name} there", lambda: are_there(airflow, account), WITHIN)
    runs = until(f"{archiving} begun", lambda: airflow.runs(archiving), WITHIN)
    succeed(airflow, archiving, runs[-1]["dag_run_id"])
    paused = {dag["dag_id"]: dag["is_paused"] for dag in airflow.dags(tags=name)}
    assert paused == {each.dag_id(name): each in STARTED_BY_THE_USER for each in WORKFLOWS}
    by_account = airflow.dags(dag_display_name_prefix_pattern=name, order_by="dag_display_name")
    assert {dag["dag_id"] for dag in by_account} == paused.keys(), "what the search of Airflow's pages asks for"
    assert [dag["dag_id"] for dag in airflow.dags(dag_display_name_pattern=archiving)] == [archiving], "match anywhere"

    airflow.pause(RT_EVENTS_PROCESSING.dag_id(name), paused=False)
    until("its first window", lambda: heartbeat(account, RT_EVENTS_PROCESSING.name), FIRST_WINDOW_WITHIN)


def sent_by_the_list(airflow: AirflowApi, connection_id: str) -> dict[str, Any]:
    """Return what the icon in the list of connections sends: masked, and without the account's id reaching the hook."""
    saved = airflow.connection(connection_id)
    assert saved is not None
    fields = ("conn_type", "host", "login", "password", "schema")
    texts = {name: saved[name] or "" for name in fields}
    return {**texts, "connection_id": connection_id, "port": saved["port"] or 0, "extra": saved["extra"] or "{}"}


def test_a_saved_connection_is_tested_from_the_list(stack: Running) -> None:
    wanted = next(one for one in connections(stack.paths, stack.ports) if one["connection_id"] == "mcExec2")
    with stack.airflow() as airflow:
        until("its registration", lambda: is_registered(stack), WITHIN)
        good = airflow.request("POST", "connections/test", json=sent_by_the_list(airflow, "mcExec2")).json()
        assert good == {"status": True, "message": "PostgreSQL 18, reachable. Registered by account 'mcExec2'."}
        bad = airflow.request("POST", "connections/test", json={**wanted, "password": "wrong"}).json()
        assert not bad["status"]
        assert wanted["password"] not in str(bad)
        extra = json.dumps({"smtp_conn_id": "nowhere"})
        airflow.add_connection({**wanted, "connection_id": "mcTwin", "port": None, "extra": extra})
        try:
            until("it in the registry", lambda: "mcTwin" in registered(airflow), 30)
            with pytest.raises(AirflowError, match="400 "):
                airflow.request("POST", "connections/test", json=sent_by_the_list(airflow, "mcTwin"))
            airflow.change_connection("mcTwin", port=wanted["port"])
            twin = airflow.request("POST", "connections/test", json=sent_by_the_list(airflow, "mcTwin")).json()
        finally:
            delete_account(airflow, "mcTwin")
    assert not twin["status"]
    assert "(1) There is no connection 'nowhere'" in twin["message"]
    assert "(2) 'mcExec2' and 'mcTwin' have the same database." in twin["message"]


def is_registered(stack: Running) -> bool:
    with stack.connect("mcExec2") as connection, suppress(psycopg.errors.UndefinedTable):
        return connection.execute("select account from message_center.instance").fetchone() == ("mcExec2",)
    return False
