"""The contract with delivery engines, and the copy of their outcomes."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from support.databases import rows_read
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses

Connection = psycopg.Connection[Any]

HARD = {"status": "Delivery failed", "failure_type": "hard", "failure_reason": 1, "message": "550 unknown user"}
SOFT = {"status": "Pending delivery", "failure_type": "soft", "failure_reason": 5, "message": "452 inbox full"}


@pytest.fixture
def routed(execution: Connection) -> list[int]:
    deploy_template(execution)
    ids = push(execution, *[event(email=f"person{n}@shop.example") for n in range(3)])
    route(execution)
    return ids


def test_an_event_is_claimed_once(execution: Connection, routed: list[int], execution_uri: str) -> None:
    assert claim(execution, max_events=2) == routed[:2]
    with psycopg.connect(execution_uri, autocommit=True) as other:
        assert claim(other, "other") == routed[2:]
    assert claim(execution) == []


def test_a_crashed_engines_claim_comes_back(execution: Connection, routed: list[int], execution_uri: str) -> None:
    assert claim(execution, lease="0 s") == routed
    with psycopg.connect(execution_uri, autocommit=True) as other:
        assert claim(other, "other") == routed
    refused = log(execution, {"event_id": routed[0], "status": "Sent"})
    assert refused == [(routed[0], "the event is leased to other")]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"status": "Sent"}, ("Sent", None)),
        (HARD, ("Delivery failed", "550 unknown user")),
        (
            {"status": "Ignored by the delivery", "failure_type": "ignored", "message": "on the denylist"},
            ("Ignored by the delivery", "on the denylist"),
        ),
    ],
)
def test_the_status_is_copied_from_the_log(
    execution: Connection, routed: list[int], outcome: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    claim(execution)
    assert log(execution, {"event_id": routed[0]} | outcome) == []
    assert status(execution, routed[0])[0] == "Pending delivery"
    update_event_statuses(execution)
    assert status(execution, routed[0]) == expected
    assert status(execution, routed[1])[0] == "Pending delivery"


def test_a_hard_bounce_puts_the_address_in_quarantine(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    log(execution, {"event_id": routed[0]} | HARD)
    (again,) = push(execution, event(email="Person0@shop.example"))
    route(execution)
    assert claim(execution) == []
    update_event_statuses(execution)
    assert status(execution, again) == ("Ignored by the delivery", "address in quarantine")


def test_a_failure_of_policy_quarantines_nobody(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    log(execution, {"event_id": routed[0], "quarantine": False} | HARD)
    assert execution.execute("select count(*) from message_center.quarantine").fetchone() == (0,)


def test_a_message_that_was_sent_may_bounce_later(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    log(execution, {"event_id": routed[0], "status": "Sent"})
    update_event_statuses(execution)
    assert log(execution, {"event_id": routed[0]} | HARD, engine="bounce reader") == []
    update_event_statuses(execution)
    assert status(execution, routed[0])[0] == "Delivery failed"


def test_a_soft_failure_is_tried_again_until_max_delivery_tries(execution: Connection, routed: list[int]) -> None:
    execution.execute("update message_center.instance set max_delivery_tries = 2")
    claim(execution)
    log(execution, {"event_id": routed[0]} | SOFT)
    row = execution.execute(
        "select status, tries, retry_at > clock_timestamp() from message_center.delivery_log where event_id = %s",
        [routed[0]],
    ).fetchone()
    assert row == ("Pending delivery", 1, True)
    execution.execute(
        "update message_center.delivery_log set retry_at = clock_timestamp() where status = 'Pending delivery'"
    )
    assert claim(execution) == routed
    log(execution, {"event_id": routed[0]} | SOFT)
    update_event_statuses(execution)
    assert status(execution, routed[0]) == ("Delivery failed", "452 inbox full")


@pytest.mark.parametrize(("outcome", "least", "most"), [(SOFT, 7.5, 10), ({"status": "Pending delivery"}, 3.75, 5)])
def test_what_failed_at_one_instant_does_not_come_back_at_one(
    execution: Connection, outcome: dict[str, Any], least: float, most: float
) -> None:
    deploy_template(execution)
    push(execution, *[event() for _ in range(50)])
    route(execution)
    log(execution, *({"event_id": id_} | outcome for id_ in claim(execution)))
    waits = [
        wait
        for (wait,) in execution.execute(
            "select extract(epoch from retry_at - modified_at)::float from message_center.delivery_log"
        )
    ]
    assert least - 0.1 < min(waits) < max(waits) < most + 0.1
    assert max(waits) - min(waits) > (most - least) / 2


def test_many_tries_are_no_wait_beyond_all_numbers(execution: Connection, routed: list[int]) -> None:
    execution.execute("update message_center.instance set max_delivery_tries = 30000, max_tries = 30000")
    claim(execution)
    execution.execute("update message_center.delivery_log set tries = 20000")
    assert log(execution, *({"event_id": id_} | SOFT for id_ in routed)) == []
    (late,) = push(execution, event())
    execution.execute("update message_center.event set error_count = 20000 where id = %s", [late])
    execution.execute("select message_center.postpone_event('rt', %s, 'trouble')", [late])


def test_what_an_engine_gives_back_is_no_try(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    log(execution, {"event_id": routed[0], "status": "Pending delivery"})
    row = execution.execute("select tries from message_center.delivery_log where event_id = %s", [routed[0]]).fetchone()
    assert row == (0,)


def test_refused_outcomes_say_why_and_stop_no_other(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    refused = log(
        execution,
        {"event_id": 42, "status": "Sent"},
        {"event_id": routed[0], "status": "Sent"},
        {"event_id": routed[0], "status": "Sent"},
        {"event_id": routed[1], "status": "Expired"},
        {"event_id": routed[2], "status": "Delivery failed"},
    )
    assert dict(refused) == {
        42: "the event was not claimed",
        routed[0]: "the event has another outcome in this call",
        routed[1]: "status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery",
        routed[2]: "failure_type or message is missing",
    }
    update_event_statuses(execution)
    assert status(execution, routed[0])[0] == "Sent"


def test_an_outcome_of_a_claim_that_is_over_harms_none_of_the_next_one(
    execution: Connection, routed: list[int]
) -> None:
    """The lease ran out, the same engine has claimed the event anew, and logs both outcomes together."""
    over_at = """
        update message_center.delivery_log set retry_at = clock_timestamp() - interval '1 second'
        where event_id = %s returning claim_token
    """
    tokens = []
    for _ in range(2):
        claim(execution)
        tokens += [token for (token,) in execution.execute(over_at, [routed[0]])]
    first, second = ({"event_id": routed[0], "status": "Sent", "claim_token": token} for token in tokens)
    over = (routed[0], "the claim is over: the event was claimed anew, or has its outcome")
    assert log(execution, first, second, second) == [over, (routed[0], "the event has another outcome in this call")]
    update_event_statuses(execution)
    assert status(execution, routed[0])[0] == "Sent"


def test_an_unclaimed_event_past_its_date_expires(execution: Connection, routed: list[int]) -> None:
    execution.execute("update message_center.event set expiration = clock_timestamp() where id = %s", [routed[0]])
    execution.execute("select message_center.expire_events('rt')")
    assert status(execution, routed[0])[0] == "Expired"
    assert claim(execution) == routed[1:]


def test_a_claimed_event_past_its_date_expires_through_its_log(execution: Connection, routed: list[int]) -> None:
    claim(execution, lease="0 s")
    execution.execute("update message_center.event set expiration = clock_timestamp() where id = %s", [routed[0]])
    assert claim(execution) == routed[1:]
    update_event_statuses(execution)
    assert status(execution, routed[0])[0] == "Expired"


def test_a_log_that_commits_late_is_copied(execution: Connection, routed: list[int], execution_uri: str) -> None:
    claim(execution)
    with psycopg.connect(execution_uri) as late:
        log(late, {"event_id": routed[0], "status": "Sent"})
        log(execution, {"event_id": routed[1], "status": "Sent"})
        update_event_statuses(execution)
        assert status(execution, routed[1])[0] == "Sent", "an open transaction must not hold up the others"
        late.commit()
    update_event_statuses(execution)
    assert status(execution, routed[0])[0] == "Sent"


def test_a_new_session_goes_on_from_the_watermark(execution: Connection, routed: list[int], execution_uri: str) -> None:
    claim(execution)
    execution.execute("select message_center.record_heartbeat('updateEventStatus', 'start', now())")
    log(execution, {"event_id": routed[0], "status": "Sent"})
    update_event_statuses(execution)
    execution.execute("select message_center.save_status_watermark()")
    log(execution, {"event_id": routed[1], "status": "Sent"})
    with psycopg.connect(execution_uri, autocommit=True) as other:
        row = other.execute("select sent, more from message_center.update_event_statuses(100)").fetchone()
        assert row == (1, True), "the first one is before the watermark"


def test_deliveries_are_one_per_template_and_month(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    row = execution.execute("select count(*), count(distinct delivery_id) from message_center.delivery_log").fetchone()
    assert row == (3, 1)


def test_an_address_that_came_into_quarantine_meanwhile_is_not_tried_again(
    execution: Connection, routed: list[int]
) -> None:
    """Found by the model test: the first look is not enough for a message that waits for its next try."""
    claim(execution)
    log(execution, {"event_id": routed[0], **SOFT})
    execution.execute(
        "insert into message_center.quarantine (wished_channel, address) values (0, 'person0@shop.example')"
    )
    execution.execute(
        "update message_center.delivery_log set retry_at = clock_timestamp() where event_id = %s", routed[:1]
    )
    assert claim(execution) == []
    update_event_statuses(execution)
    assert status(execution, routed[0]) == ("Ignored by the delivery", "address in quarantine")


def test_claims_that_are_not_due_are_not_walked_over(execution: Connection) -> None:
    """A hundred thousand that wait for their next try would cost each claim as many rows."""
    deploy_template(execution)
    push(execution, *[event(email=f"person{n}@shop.example") for n in range(500)])
    route(execution)
    assert (len(claim(execution, max_events=500)), claim(execution)) == (500, [])
    again = "select message_center.claim_deliveries(0::smallint, 'engine', '5 min', 100)"
    assert rows_read(execution, "delivery_log", again) < 10
