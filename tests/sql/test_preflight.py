"""The mission's rule: everything that keeps templates from being deployed is listed at once, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.publication.preflight import find_missing
from message_center.publication.tasks import preflight
from message_center.sql import statement
from support.connections import as_airflow_sees

Connection = psycopg.Connection[Any]
pytestmark = pytest.mark.usefixtures("airflow_connections")
WORKFLOWS = ("rtEventsProcessing", "batchEventsProcessing", "updateEventStatus", "deliveryExecution")


@pytest.fixture
def archived(control: Connection) -> None:
    """The account is registered, and its archiving has just succeeded."""
    control.execute(
        "insert into message_center.execution_instance (account, instance_identifier, database_identity)"
        " values ('mcTest', 1, 'x')"
    )
    parameters = {"workflow": "mcSynch", "account": "mcTest", "phase": "success", "counts": "{}", "error": None}
    control.execute(statement("control/record_heartbeat"), parameters)


def record_heartbeat(execution: Connection, workflow: str, window_seconds: float = 60) -> None:
    window_end = datetime.now(timezone.utc) + timedelta(seconds=window_seconds)
    execution.execute("select message_center.record_heartbeat(%s, 'progress', %s)", [workflow, window_end])


def missing(*accounts: Account, errors: tuple[str, ...] = (), enriched: tuple[str, ...] = ()) -> list[str]:
    registry = Registry(list(accounts or [Account("mcTest")]), list(errors))
    return [str(each) for each in find_missing(registry, enriched)]


@pytest.mark.usefixtures("archived")
def test_nothing_is_missing_when_all_run(execution: Connection) -> None:
    for workflow in WORKFLOWS:
        record_heartbeat(execution, workflow)
    assert missing() == []


def test_everything_is_listed_in_one_go() -> None:
    assert missing(errors=("Account 'a b': its connection id cannot be part of a DAG id. Delete it.",)) == [
        "Admin > Connections: Account 'a b': its connection id cannot be part of a DAG id. Delete it."
        " Correct it there.",
        "mcTest: mcSynch_mcTest has not registered it yet. See the runs of mcSynch_mcTest.",
        *(
            f"mcTest: {workflow}_mcTest is in no live window. "
            f"Unpause {workflow}_mcTest in Airflow; if it is unpaused, see its last run."
            for workflow in WORKFLOWS
        ),
    ]


@pytest.mark.usefixtures("archived")
def test_a_workflow_that_fell_silent_or_ran_out_is_missing(execution: Connection) -> None:
    for workflow in WORKFLOWS:
        record_heartbeat(execution, workflow)
    execution.execute(
        "update message_center.workflow_heartbeat set heartbeat_at = heartbeat_at - interval '1 minute'"
        " where workflow = 'rtEventsProcessing'"
    )
    execution.execute(
        "update message_center.workflow_heartbeat set window_end = clock_timestamp() - interval '1 minute'"
        " where workflow = 'updateEventStatus'"
    )
    assert [line.split(" is in")[0] for line in missing()] == [
        "mcTest: rtEventsProcessing_mcTest",
        "mcTest: updateEventStatus_mcTest",
    ]


@pytest.mark.usefixtures("archived")
def test_archiving_must_have_succeeded_within_its_cadence(control: Connection, execution: Connection) -> None:
    for workflow in WORKFLOWS:
        record_heartbeat(execution, workflow)
    control.execute(
        "update message_center.workflow_heartbeat set last_success = '2026-01-01T00:00:00Z', last_error = 'disk full'"
    )
    (line,) = missing()
    assert line.startswith("mcTest: mcSynch_mcTest has not succeeded within 1:15:00 (last success: 2026-01-01")
    assert line.endswith("Unpause mcSynch_mcTest and trigger it, or see why its last run failed.")


@pytest.mark.usefixtures("archived")
def test_delivery_and_enrichment_count_where_the_account_uses_ours(execution: Connection) -> None:
    for workflow in WORKFLOWS[:3]:
        record_heartbeat(execution, workflow)
    assert missing(Account("mcTest", deliver=False)) == []
    (line,) = missing(Account("mcTest", deliver=False), enriched=("order_confirmation",))
    assert line.startswith("mcTest: eventEnrichment_mcTest is in no live window")
    record_heartbeat(execution, "eventEnrichment.order_confirmation")
    assert missing(Account("mcTest", deliver=False), enriched=("order_confirmation",)) == []


@pytest.mark.usefixtures("archived")
def test_an_instance_that_is_down_does_not_hide_what_others_lack(
    monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]
) -> None:
    down = {"conn_type": "message_center_execution", "host": "127.0.0.1", "port": 1, "password": "secret"}
    monkeypatch.setenv("AIRFLOW_CONN_MCDOWN", json.dumps(down))
    with psycopg.connect(new_database("")) as new:
        monkeypatch.setenv("AIRFLOW_CONN_MCNEW", as_airflow_sees(new, "message_center_execution"))
    lines = missing(Account("mcDown"), Account("mcNew"))
    assert any(line.startswith("mcDown: its database cannot be reached: connection failed") for line in lines)
    assert "mcNew: mcSynch_mcNew has not registered it yet. See the runs of mcSynch_mcNew." in lines
    assert sum("is in no live window" in line for line in lines) == 4
    assert "secret" not in "".join(lines)


def test_no_account_is_a_problem_and_a_disabled_one_is_none() -> None:
    assert missing(Account("mcTest", enabled=False)) == [
        "Admin > Connections: no execution instance is registered. Create a Message Center execution instance there."
    ]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_dry_run_is_refused_where_the_real_one_is(monkeypatch: pytest.MonkeyPatch, dry_run: bool) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", Registry([Account("mcTest")]).to_json())
    params = {"dry_run": dry_run, "override_reason": None}
    with pytest.raises(AirflowFailException, match="Refused: a message template needs all technical workflows to run"):
        preflight(params)
    assert len(preflight(params | {"override_reason": "it is being moved"})) == len(missing())
