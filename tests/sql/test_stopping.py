"""The kill switch of an event type: nothing of it goes out any more, wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.publication.stopping import accounts_to_tell, stop_or_resume
from support.connections import as_airflow_sees
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses

Connection = psycopg.Connection[Any]

REASON = 'event type "order_confirmation" is stopped: wrong price'


@pytest.fixture
def routed(execution: Connection) -> list[int]:
    deploy_template(execution)
    deploy_template(execution, "password_reset")
    ids = push(execution, event(), event(type="password_reset"))
    route(execution)
    return ids


def stop(connection: Connection) -> None:
    connection.execute("select message_center.stop_event_type('order_confirmation', 'wrong price')")


def test_what_is_routed_and_not_claimed_is_ignored(execution: Connection, routed: list[int]) -> None:
    stop(execution)
    assert execution.execute("select message_center.ignore_stopped_events()").fetchone() == (1,)
    assert status(execution, routed[0]) == ("Ignored by the delivery", REASON)
    assert status(execution, routed[1])[0] == "Pending delivery"


def test_no_engine_can_claim_it(execution: Connection, routed: list[int]) -> None:
    stop(execution)
    assert claim(execution) == routed[1:]
    update_event_statuses(execution)
    assert status(execution, routed[0]) == ("Ignored by the delivery", REASON)


def test_what_is_to_be_tried_again_is_ignored(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    assert log(execution, {"event_id": routed[0], "status": "Pending delivery"}) == []
    execution.execute("update message_center.delivery_log set retry_at = clock_timestamp()")
    stop(execution)
    assert claim(execution) == routed[1:]
    update_event_statuses(execution)
    assert status(execution, routed[0]) == ("Ignored by the delivery", REASON)


def test_what_comes_meanwhile_is_not_taken_into_account(execution: Connection, routed: list[int]) -> None:
    stop(execution)
    (late,) = push(execution, event())
    route(execution)
    assert status(execution, late) == ("Event not taken into account", REASON)


def test_resumed_it_goes_on(execution: Connection, routed: list[int]) -> None:
    stop(execution)
    stop(execution)
    execution.execute("select message_center.resume_event_type('order_confirmation')")
    (next_one,) = push(execution, event())
    route(execution)
    assert next_one in claim(execution)


def test_a_type_that_this_instance_does_not_know_can_be_stopped(execution: Connection) -> None:
    stop(execution)
    deploy_template(execution)
    (id_,) = push(execution, event())
    route(execution)
    assert status(execution, id_) == ("Event not taken into account", REASON)


def register(patch: pytest.MonkeyPatch, accounts: Sequence[str]) -> None:
    registry = Registry([Account(account) for account in accounts])
    patch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())


@pytest.fixture
def one_down(execution: Connection, airflow_connections: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two accounts: the database of the first is away, and that of the second knows an event type of its own."""
    away = as_airflow_sees(execution, "message_center_execution", schema="nowhere")
    monkeypatch.setenv("AIRFLOW_CONN_MCAWAY", away)
    register(monkeypatch, ["mcAway", "mcTest"])
    execution.execute("insert into message_center.event_type (name, label) values ('loyalty_points', 'Points')")
    return ["mcAway", "mcTest"]


def params(event_type: str, action: str = "stop") -> dict[str, Any]:
    return {"event_type": event_type, "action": action, "reason": "wrong price"}


def test_what_an_instance_knows_can_be_stopped_though_another_is_down(one_down: list[str]) -> None:
    assert accounts_to_tell(params("loyalty_points")) == one_down
    assert accounts_to_tell(params("loyalty_points", "resume")) == one_down


def test_what_the_project_names_is_stopped_without_asking_anybody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    register(monkeypatch, ["mcAway"])
    assert accounts_to_tell(params("invoice_ready")) == ["mcAway"]
    assert caplog.text == ""


@pytest.mark.parametrize("action", ["stop", "resume"])
def test_what_nobody_knows_is_refused_with_the_nearest_and_with_all(one_down: list[str], action: str) -> None:
    with pytest.raises(AirflowFailException) as refused:
        accounts_to_tell(params("loyality_points", action))
    assert str(refused.value) == (
        "There is no event type 'loyality_points'; nothing was done. Did you mean 'loyalty_points'?"
        " There are: invoice_ready, loyalty_points, order_confirmation, password_reset, shipping_notice."
        " Could not be asked: mcAway."
    )


def test_with_no_instance_a_stop_is_not_green(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, [])
    with pytest.raises(AirflowFailException, match="No execution instance"):
        accounts_to_tell(params("invoice_ready"))


@pytest.mark.usefixtures("airflow_connections")
def test_stopped_and_resumed_by_the_workflow(execution: Connection, routed: list[int]) -> None:
    assert stop_or_resume("mcTest", params("order_confirmation")) == 1
    assert status(execution, routed[0]) == ("Ignored by the delivery", REASON)
    assert stop_or_resume("mcTest", params("order_confirmation", "resume")) == 0
    (next_one,) = push(execution, event())
    route(execution)
    assert next_one in claim(execution)
