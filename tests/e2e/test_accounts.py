"""Accounts come and go through Airflow's REST API, as through its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from message_center.local.connections import SMTP, connections
from message_center.workflows import RT_EVENTS_PROCESSING, STARTED_BY_THE_USER, STARTED_WITH_THE_ACCOUNT
from support.accounts import connect_to, new_account
from support.stack import Running
from support.waiting import until

WORKFLOWS = (*STARTED_WITH_THE_ACCOUNT, *STARTED_BY_THE_USER)
WITHIN = 30
AWAY_WITHIN = 60
# Ten seconds are promised; the first window of a new triggerer waits for its imports too, on whatever machine this is.
FIRST_WINDOW_WITHIN = 30


@pytest.fixture
def account(stack: Running) -> Iterator[dict[str, Any]]:
    with new_account(stack, "mcExec3") as connection:
        yield connection


def heartbeat(account: dict[str, Any], workflow: str) -> Any:
    """Return when a workflow of the account last started, once it has."""
    with connect_to(account) as connection:
        query = "select last_start from message_center.workflow_heartbeat where workflow = %s"
        return connection.execute(query, [workflow]).fetchone()


def test_account_comes_archives_and_goes(stack: Running, account: dict[str, Any]) -> None:
    name = account["connection_id"]
    dag_ids = [workflow.dag_id(name) for workflow in WORKFLOWS]
    with stack.airflow() as airflow:
        airflow.add_connection(account)
        until("all workflows there", lambda: all(map(airflow.has_dag, dag_ids)), WITHIN)
        runs = until("mcSynch begun", lambda: airflow.runs(dag_ids[0]), WITHIN)
        until(
            "mcSynch through",
            lambda: airflow.run(dag_ids[0], runs[-1]["dag_run_id"])["state"] == "success",
            120,
        )
        paused = {dag["dag_id"]: dag["is_paused"] for dag in airflow.dags(tags=name)}
        assert paused == {each.dag_id(name): each in STARTED_BY_THE_USER for each in WORKFLOWS}

        airflow.pause(RT_EVENTS_PROCESSING.dag_id(name), paused=False)
        until("its first window", lambda: heartbeat(account, RT_EVENTS_PROCESSING.name), FIRST_WINDOW_WITHIN)

        extra = json.dumps({"smtp_conn_id": SMTP, "enabled": False})
        airflow.change_connection(name, extra=extra)
        until("the disabled account's workflows away", lambda: not any(map(airflow.has_dag, dag_ids)), AWAY_WITHIN)
        assert all(map(airflow.has_dag, (workflow.dag_id("mcExec1") for workflow in WORKFLOWS)))

        airflow.change_connection(name, extra=json.dumps({"smtp_conn_id": SMTP}))
        until("its workflows back", lambda: all(map(airflow.has_dag, dag_ids)), WITHIN)

        airflow.delete_connection(name)
        until("the deleted account's workflows away", lambda: not any(map(airflow.has_dag, dag_ids)), AWAY_WITHIN)
        assert not airflow.import_errors()


def test_connection_is_tested_from_the_form(stack: Running) -> None:
    wanted = next(one for one in connections(stack.places, stack.ports) if one["connection_id"] == "mcExec2")
    with stack.airflow() as airflow:
        good = airflow.request("POST", "connections/test", json=wanted).json()
        bad = airflow.request("POST", "connections/test", json={**wanted, "password": "wrong"}).json()
    assert good["status"], good
    assert not bad["status"]
    assert wanted["password"] not in str(good) + str(bad)
