"""The kill switch of an event type: nothing of it goes out any more, wherever it stands."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

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
