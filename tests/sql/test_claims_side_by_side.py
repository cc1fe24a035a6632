"""Claims, outcomes and status updates beside each other: nobody waits for an open transaction, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses

Connection = psycopg.Connection[Any]

SENT = {"status": "Sent"}
SECONDS = 3.0
IMPATIENT = "-c lock_timeout=2s -c statement_timeout=20s"


@pytest.fixture
def routed(execution: Connection) -> list[int]:
    deploy_template(execution)
    ids = push(execution, *[event(email=f"person{n}@shop.example") for n in range(6)])
    route(execution)
    return ids


@pytest.fixture
def another(execution_uri: str) -> Iterator[Connection]:
    """A session that gives up when it has to wait."""
    with psycopg.connect(execution_uri, autocommit=True, options=IMPATIENT) as connection:
        yield connection


@pytest.fixture
def holder(execution_uri: str) -> Iterator[Connection]:
    """A session whose transactions stay open until they are ended."""
    with psycopg.connect(execution_uri) as connection:
        yield connection
        connection.rollback()


def lock(holder: Connection, event_id: int) -> None:
    holder.execute("select from message_center.event where id = %s for update", [event_id])


def delete(execution: Connection, *ids: int) -> None:
    execution.execute("delete from message_center.event where id = any(%s)", [list(ids)])


def test_deleted_events_stand_before_no_others(execution: Connection, routed: list[int]) -> None:
    assert claim(execution, lease="0 s") == routed
    delete(execution, *routed[:4])
    assert claim(execution, max_events=2) == []
    assert claim(execution, max_events=2) == []
    assert claim(execution, max_events=2) == routed[4:]
    rows = execution.execute(
        """select l.status, m.failure_type, m.message from message_center.delivery_log as l
        join message_center.delivery_log_message as m on m.id = l.message_id where l.event_id = any(%s)""",
        [routed[:4]],
    ).fetchall()
    assert rows == [("Ignored by the delivery", "ignored", "the event was deleted")] * 4
    update_event_statuses(execution)


def test_outcomes_of_deleted_events_harm_no_other(execution: Connection, routed: list[int]) -> None:
    claim(execution)
    delete(execution, routed[0])
    hard = {"status": "Delivery failed", "failure_type": "hard", "message": "550"}
    assert log(execution, {"event_id": routed[0]} | hard, {"event_id": routed[1]} | SENT) == []
    update_event_statuses(execution)
    assert status(execution, routed[1])[0] == "Sent"


def test_a_deleted_template_harms_no_other(execution: Connection, routed: list[int]) -> None:
    deploy_template(execution, "password_reset")
    (other,) = push(execution, event(type="password_reset"))
    route(execution)
    execution.execute("delete from message_center.message_template where event_type = 'order_confirmation'")
    assert claim(execution) == sorted([*routed, other]), "the engine says of each that it has no template"
    assert log(execution, *({"event_id": id_} | SENT for id_ in [*routed, other])) == []


def test_a_deleted_event_is_no_workers_work(execution: Connection) -> None:
    deploy_template(execution, enrichment={"kind": "python", "source": "shop.enrichment:add_points"})
    ids = push(execution, event(), event())
    route(execution)
    delete(execution, ids[0])
    query = "select event_id from message_center.claim_enrichments('order_confirmation', '1 h', 1)"
    assert execution.execute(query).fetchall() == [(ids[1],)]


def test_a_locked_event_holds_up_no_other_status(
    execution: Connection, routed: list[int], another: Connection, holder: Connection
) -> None:
    claim(execution)
    log(execution, *({"event_id": id_} | SENT for id_ in routed))
    execution.execute("select message_center.record_heartbeat('updateEventStatus', 'start', now())")
    lock(holder, routed[1])
    update_event_statuses(another)
    assert {id_: status(execution, id_)[0] for id_ in routed} == {
        id_: "Pending delivery" if id_ == routed[1] else "Sent" for id_ in routed
    }
    another.execute("select message_center.save_status_watermark()")
    saved = "select watermark from message_center.workflow_heartbeat where workflow = 'updateEventStatus'"
    assert execution.execute(saved).fetchone() == (None,), "a new session has to come by"
    holder.rollback()
    update_event_statuses(another)
    assert status(execution, routed[1])[0] == "Sent"
    another.execute("select message_center.save_status_watermark()")
    assert execution.execute(saved).fetchone() != (None,)


def test_what_a_claim_passed_over_is_looked_at_again(
    execution: Connection, routed: list[int], another: Connection, holder: Connection
) -> None:
    """An engine is killed in its transaction, while another one goes on in one long session."""
    assert claim(holder, "killed", max_events=2) == routed[:2]
    assert claim(another) == routed[2:]
    assert claim(another) == []
    (later,) = push(execution, event())
    route(execution)
    assert claim(another) == [later]
    holder.rollback()
    assert claim(another) == routed[:2]
    assert claim(another) == []


def test_more_than_can_be_remembered_is_looked_at_again(execution: Connection, another: Connection) -> None:
    many = list(range(10001))
    another.execute("select message_center.save_skipped('channel_0', %s)", [many[:-1]])
    row = another.execute("select cardinality(message_center.load_skipped('channel_0'))").fetchone()
    assert row == (10000,)
    another.execute("select message_center.save_skipped('channel_0', %s)", [many])
    row = another.execute(
        "select message_center.load_skipped('channel_0'), (message_center.load_cursor('channel_0')).seen"
    ).fetchone()
    assert row == ([], None), "the session begins at the head again"


def test_what_routing_passed_over_is_looked_at_again(
    execution: Connection, another: Connection, holder: Connection
) -> None:
    deploy_template(execution)
    ids = push(execution, *[event() for _ in range(4)])
    lock(holder, ids[0])
    assert route(another)["routed"] == 3
    assert route(another)["routed"] == 0
    holder.rollback()
    assert route(another)["routed"] == 1


def test_what_came_due_while_locked_is_looked_at_again(
    execution: Connection, another: Connection, holder: Connection
) -> None:
    deploy_template(execution)
    ids = push(execution, *[event() for _ in range(2)])
    execution.execute(
        "update message_center.event set process_requested_on = clock_timestamp() - interval '1 h' * (2 - (id & 1))"
    )
    lock(holder, ids[0])
    assert route(another, max_events=1)["routed"] == 1
    assert route(another)["routed"] == 0
    holder.rollback()
    assert route(another)["routed"] == 1


def test_an_open_claiming_transaction_blocks_nobody(
    execution: Connection, routed: list[int], another: Connection, holder: Connection
) -> None:
    """Not even with the first claim of a template in a month, and with the first event that is settled for a reason."""
    execution.execute(
        "insert into message_center.quarantine (wished_channel, address) values (0, 'person0@shop.example')"
    )
    (again,) = push(execution, event(email="person0@shop.example"))
    route(execution)
    assert claim(holder, "holder", max_events=2) == routed[1:2]
    assert claim(another, max_events=10) == routed[2:]
    assert log(another, {"event_id": routed[2]} | SENT) == []
    update_event_statuses(another)
    another.execute("select message_center.ignore_stopped_events(), message_center.expire_events('rt')")
    holder.commit()
    assert log(another, {"event_id": routed[3]} | SENT) == []
    update_event_statuses(another)
    for id_ in (routed[0], again):
        assert status(execution, id_) == ("Ignored by the delivery", "address in quarantine")
    query = "select count(*), count(delivery_id) from message_center.delivery_log where event_id = %s"
    assert execution.execute(query, [routed[3]]).fetchone() == (1, 1), "it gets its delivery with its outcome"


TYPES = [f"type{n}" for n in range(4)]
KINDS = (
    SENT,
    {"status": "Pending delivery", "failure_type": "soft", "message": "45"},
    {"status": "Pending delivery"},
    {"status": "Delivery failed", "failure_type": "hard", "message": "55"},
)


def said_now(kind: dict[str, str]) -> dict[str, str]:
    """An outcome whose words are new every time, or old."""
    return kind | {"message": f"{kind['message']}{time.monotonic_ns() % 9}"} if "message" in kind else kind


def deliver(connection: Connection, number: int) -> None:
    engine = f"engine {number % 3}"
    ids = claim(connection, engine, lease="0 s" if number % 2 else "1 h", max_events=20)
    outcomes = [{"event_id": id_} | said_now(KINDS[n % 4]) for n, id_ in enumerate(ids)]
    log(connection, *outcomes[:: -1 if number % 2 else 1], engine=engine)


def meddle(connection: Connection, _: int) -> None:
    name = TYPES[time.monotonic_ns() % 4]
    connection.execute("select message_center.stop_event_type(%s, %s)", [name, f"why {time.monotonic_ns() % 5}"])
    connection.execute("select message_center.ignore_stopped_events()")
    connection.execute("select message_center.resume_event_type(%s)", [name])
    connection.execute("select message_center.expire_events('rt')")


def copy(connection: Connection, _: int) -> None:
    connection.execute("select message_center.update_event_statuses(100)")


WORKS = ((deliver, False), (deliver, False), (deliver, True), (deliver, True), (deliver, False), (deliver, True),
         (meddle, False), (copy, True))  # fmt: skip


def test_mixed_work_never_deadlocks(execution: Connection, execution_uri: str) -> None:
    """Eight sessions claim, log, take back, stop, expire and copy, in autocommit and in longer transactions."""
    for name in TYPES:
        deploy_template(execution, name)
    push(execution, *[event(type=TYPES[n % 4], email=f"person{n % 97}@shop.example") for n in range(3000)])
    while route(execution)["routed"]:
        pass
    end = time.monotonic() + SECONDS

    def work(number: int, what: Callable[[Connection, int], None], in_transaction: bool) -> None:
        with psycopg.connect(execution_uri, autocommit=True, options="-c deadlock_timeout=100ms") as connection:
            while time.monotonic() < end:
                with connection.transaction() if in_transaction else nullcontext():
                    what(connection, number)

    with ThreadPoolExecutor(len(WORKS)) as sessions:
        for working in [sessions.submit(work, number, *each) for number, each in enumerate(WORKS)]:
            working.result()
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    assert execution.execute(query).fetchone() == (0,)
