"""Publication on the running stack: refused before the workflows run, completed after an outage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import sql

from message_center.instances.deployment import live_versions
from message_center.local.airflow_api import AirflowApi
from message_center.local.postgres import administrator
from message_center.local.sink import messages
from message_center.sql import statement
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER
from message_center.workflows import PUBLISH as PUBLISHING
from support.accounts import connect_to, new_account
from support.stack import Running
from support.waiting import until
from support.workflows import finished, is_live, succeed

ACCOUNT = "mcExec4"
PUBLISH = PUBLISHING.name
ARCHIVING_DAG = ARCHIVING.dag_id(ACCOUNT)


@pytest.fixture
def newcomer(working: Running) -> Iterator[dict[str, Any]]:
    """A third account, registered; its execution workflows are not started."""
    with new_account(working, ACCOUNT) as connection, working.airflow() as airflow:
        airflow.add_connection(connection)
        until("the DAGs of the account", lambda: airflow.has_dag(ARCHIVING_DAG), 60)
        runs = until("mcSynch begun", lambda: airflow.runs(ARCHIVING_DAG), 60)
        succeed(airflow, ARCHIVING_DAG, runs[-1]["dag_run_id"])
        yield connection


@contextmanager
def down(stack: Running, database: str) -> Iterator[None]:
    """Nobody gets into a database for some time."""
    named = sql.Identifier(database)
    with administrator(stack.paths, stack.ports) as connection:
        connection.execute(sql.SQL("alter database {} allow_connections false").format(named))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database])
        try:
            yield
        finally:
            connection.execute(sql.SQL("alter database {} allow_connections true").format(named))


def publish(airflow: AirflowApi, **params: object) -> tuple[str, str]:
    """Publish all templates; return the run's state and id."""
    run_id = airflow.trigger(PUBLISH, **params)
    return finished(airflow, PUBLISH, run_id), run_id


def publications(stack: Running) -> list[tuple[object, ...]]:
    with stack.connect("message_center_control") as control:
        return control.execute(
            "select number, requested_by, comment, override_reason from message_center.publication order by number"
        ).fetchall()


def test_refused_until_the_workflows_run_then_completed_after_an_outage(
    working: Running, newcomer: dict[str, Any]
) -> None:
    with working.airflow() as airflow:
        before = publications(working)
        state, run_id = publish(airflow)
        assert state == "failed"
        log = airflow.log(PUBLISH, run_id, "preflight")
        assert all(f"{each.dag_id(ACCOUNT)} is in no live window. Unpause" in log for each in STARTED_BY_THE_USER)
        assert "mcExec1" not in log.partition("Refused")[2].partition("Traceback")[0]
        red = [task["task_id"] for task in airflow.task_instances(PUBLISH, run_id) if task["state"] == "failed"]
        assert red == ["preflight"], "one task says why"
        assert publications(working) == before

        for workflow in STARTED_BY_THE_USER:
            airflow.pause(workflow.dag_id(ACCOUNT), False)
        with connect_to(newcomer) as connection:
            until("in its windows", lambda: is_live(connection), 60)

        with down(working, ACCOUNT):
            state, run_id = publish(airflow, override_reason="it is being moved", comment="Christmas")
            assert state == "failed"
            log = airflow.log(PUBLISH, run_id, "verify")
        assert f"{ACCOUNT}: unknown" in log
        assert "mcExec1: as published: invoice_ready 1, order_confirmation 1" in log
        assert publications(working)[-1] == (len(before) + 1, "admin", "Christmas", "it is being moved")

        with connect_to(newcomer) as connection:
            until("in its windows again", lambda: is_live(connection), 100)
            succeed(airflow, PUBLISH, airflow.trigger(PUBLISH))
            with working.connect("mcExec1") as other:
                assert live_versions(connection) == live_versions(other) != {}


def test_a_proof_touches_no_event_and_a_dry_run_keeps_nothing(working: Running) -> None:
    before = publications(working)
    with working.airflow() as airflow:
        proof = {"templates": ["order_confirmation"], "proof_to": "seed@example.com", "dry_run": True}
        succeed(airflow, PUBLISH, airflow.trigger(PUBLISH, **proof))
    proofs = [each for each in messages(working.paths.messages) if each["to"] == ["seed@example.com"]]
    assert len(proofs) == 2, "one for each language"
    assert all("Subject: [Proof] " in each["raw"] or "=?utf-8?" in each["raw"] for each in proofs)
    assert publications(working) == before


def test_unpublish_roll_back_and_stop(working: Running) -> None:
    with working.airflow() as airflow, working.connect("mcExec1") as connection:

        def run(dag_id: str, **params: object) -> None:
            succeed(airflow, dag_id, airflow.trigger(dag_id, **params))

        run("unpublishMessageTemplates", templates=["invoice_ready"])
        assert "invoice_ready" not in live_versions(connection)
        run("rollbackMessageTemplates", templates=["invoice_ready"], version=1)
        assert live_versions(connection)["invoice_ready"] == 1

        run("stopEventType", event_type="invoice_ready", reason="wrong amounts")
        events = json.dumps(
            [{"type": "invoice_ready", "email": "ann@example.com", "external_id": "stopped", "ctx": {}}]
        )
        ((_, event_id, _),) = connection.execute(statement("execution/push_events"), ["rt", events]).fetchall()
        query = "select status::text, status_reason from message_center.event where id = %s and status <> 'Pending'"
        reached = until("a status", lambda: connection.execute(query, [event_id]).fetchone(), 30)
        assert reached == ("Event not taken into account", 'event type "invoice_ready" is stopped: wrong amounts')
        run("stopEventType", event_type="invoice_ready", action="resume", reason="amounts are right")
