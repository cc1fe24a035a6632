"""Statistics are what became of the events, exactly, whatever ways these took and whoever crashed meanwhile."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg
import pytest

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import STATISTICS
from message_center.queues.routing import Routing
from message_center.sql import statement
from message_center.workflows import RT_EVENTS_PROCESSING
from support.archive import again
from support.events import claim, deploy_template, event, log, push, route, update_event_statuses
from support.statistics import (
    NOTED_TIMES,
    PROCESSING_TIMES,
    QUEUE_TIMES,
    SENDING_TIMES,
    check_counts,
    indicators,
    value,
)

Connection = psycopg.Connection[Any]

COMPACT = "select message_center.compact_statistics()"
LATER = "2999-01-01T00:00:00Z"
LONG_AGO = "2020-01-01T00:00:00Z"


def failure(id_: int, kind: str = "hard") -> dict[str, Any]:
    return {"event_id": id_, "status": "Delivery failed", "failure_type": kind, "message": "no such user"}


def sent(*ids: int) -> list[dict[str, Any]]:
    return [{"event_id": each, "status": "Sent"} for each in ids]


def age(connection: Connection, ids: list[int], minutes: int) -> None:
    """Have events pushed earlier."""
    connection.execute(
        "update message_center.event set created_at = created_at - make_interval(mins => %s) where id = any(%s)",
        [minutes, ids],
    )


@pytest.fixture
def delivered(execution: Connection) -> list[int]:
    """Three events sent, one failed, one that bounces later, one ignored by the engine; in both queues."""
    deploy_template(execution)
    ids = [*push(execution, *[event()] * 4), *push(execution, *[event()] * 2, queue="batch")]
    route(execution)
    route(execution, "batch")
    claim(execution)
    log(execution, *sent(*ids[:2], *ids[4:]), failure(ids[2]))
    log(execution, {"event_id": ids[3], "status": "Ignored by the delivery", "failure_type": "ignored", "message": "x"})
    update_event_statuses(execution)
    log(execution, failure(ids[4]))
    update_event_statuses(execution)
    return ids


class TestEachWayIsCounted:
    def test_delivered(self, execution: Connection, delivered: list[int]) -> None:
        check_counts(execution)
        parts = (
            "select sum(sent), sum(failed), sum(bounced), sum(ignored) from message_center.statistic_parts('-infinity')"
        )
        assert execution.execute(parts).fetchone() == (4, 1, 1, 1)

    def test_by_the_minute_of_the_push(self, execution: Connection) -> None:
        deploy_template(execution)
        ids = push(execution, *[event()] * 5)
        age(execution, ids[:2], 90)
        age(execution, ids[2:3], 3)
        route(execution)
        check_counts(execution)

    def test_not_routed(self, execution: Connection) -> None:
        deploy_template(execution)
        push(execution, event(type="carrier_pigeon"), event(expiration=LONG_AGO), event(scheduled=LONG_AGO))
        push(execution, event(type="carrier_pigeon"), queue="batch")
        route(execution)
        route(execution, "batch")
        check_counts(execution)

    def test_scheduled_for_later(self, execution: Connection) -> None:
        deploy_template(execution)
        push(execution, event(), event(scheduled=LATER), event(scheduled=LATER))
        route(execution)
        check_counts(execution)
        execution.execute("update message_center.event set process_requested_on = now() where status = 'Pending'")
        route(execution)
        check_counts(execution)

    def test_with_care_and_given_up(self, execution: Connection) -> None:
        """A condition that fails for one of them: it is put back, alone, until its tries are spent."""
        deploy_template(execution, condition="$.ctx.is_good")
        push(execution, event(ctx={"is_good": True}), event(ctx={"is_good": 5}), event(ctx={"is_good": False}))
        for _ in range(6):
            route(execution)
            execution.execute("update message_center.event set process_requested_on = now() where status = 'Pending'")
        check_counts(execution)
        assert value(execution, "select sum(postponed) from message_center.statistic_parts('-infinity')") == 4

    def test_what_somebody_has_locked_is_counted_when_it_is_seen(self, execution: Connection) -> None:
        deploy_template(execution)
        push(execution, *[event()] * 4)
        with again(execution) as other, other.transaction():
            other.execute("select from message_center.event order by id limit 2 for update")
            assert route(execution)["routed"] == 2
        assert route(execution)["routed"] == 2
        check_counts(execution)

    def test_stopped_and_expired_before_they_are_claimed(self, execution: Connection) -> None:
        deploy_template(execution)
        deploy_template(execution, "newsletter")
        push(execution, event(), event(), event(type="newsletter"))
        push(execution, event(type="newsletter"), queue="batch")
        route(execution)
        route(execution, "batch")
        execution.execute(
            "update message_center.event set expiration = now() where id in (select min(id) from message_center.event)"
        )
        execution.execute(statement("execution/expire_events"), {"queue": "rt"})
        execution.execute(statement("execution/stop_event_type"), {"event_type": "newsletter", "reason": "wrong"})
        execution.execute(statement("execution/ignore_stopped_events"))
        check_counts(execution)

    def test_settled_at_the_claim(self, execution: Connection) -> None:
        deploy_template(execution)
        late, in_quarantine = push(execution, event(), event(email="gone@shop.example"))
        route(execution)
        execution.execute("update message_center.event set expiration = now() where id = %s", [late])
        execution.execute(
            "insert into message_center.quarantine (wished_channel, address) values (0, 'gone@shop.example')"
        )
        assert claim(execution) == []
        update_event_statuses(execution)
        check_counts(execution)
        assert in_quarantine

    def test_erased_wherever_they_were(self, execution: Connection) -> None:
        deploy_template(execution)
        person = event(email="gone@shop.example")
        _, sent_one, pending = push(execution, person, person, person | {"type": "newsletter"})
        route(execution)
        claim(execution, max_events=2)
        log(execution, *sent(sent_one))
        push(execution, person, person | {"scheduled": LATER}, event())
        execution.execute("select message_center.erase_person('gone@shop.example')")
        execution.execute("select message_center.erase_person('gone@shop.example')")
        route(execution)
        update_event_statuses(execution)
        check_counts(execution)
        assert pending

    def test_a_status_that_the_careful_path_copies(self, execution: Connection) -> None:
        deploy_template(execution)
        first, second, third = push(execution, *[event()] * 3)
        route(execution)
        claim(execution)
        log(execution, *sent(first, second, third))
        with again(execution) as other, other.transaction():
            other.execute("select from message_center.event where id = %s for update", [first])
            update_event_statuses(execution)
        log(execution, failure(second))
        update_event_statuses(execution)
        update_event_statuses(execution)
        check_counts(execution)


class TestTimes:
    def test_they_are_those_of_the_rows(self, execution: Connection) -> None:
        deploy_template(execution)
        ids = push(execution, *[event()] * 6)
        age(execution, ids[:3], 7)
        route(execution)
        claim(execution)
        execution.execute(
            "update message_center.delivery_log set created_at = created_at - interval '9 s' where event_id = %s",
            [ids[0]],
        )
        log(execution, *sent(*ids[:5]), failure(ids[5]))
        update_event_statuses(execution)
        for kind, recomputed in (("queue", QUEUE_TIMES), ("sending", SENDING_TIMES), ("processing", PROCESSING_TIMES)):
            assert value(execution, NOTED_TIMES.format(kind)) == value(execution, recomputed), kind
        told = indicators(execution)
        assert told["sending_seconds"] == pytest.approx(9 / 6, abs=0.2)
        assert told["processing_seconds"] == pytest.approx(3 * 7 * 60 / 6, abs=1)
        assert told["queue_seconds_p95"] == pytest.approx(7 * 60, rel=0.13)


class TestNothingIsCountedTwiceOrLost:
    def test_a_step_that_is_rolled_back_has_not_been(self, execution: Connection) -> None:
        deploy_template(execution)
        push(execution, *[event()] * 3)
        crashing = again(execution)
        with contextlib.suppress(psycopg.OperationalError), crashing, crashing.transaction():
            assert route(crashing)["routed"] == 3
            execution.execute("select pg_terminate_backend(%s)", [crashing.info.backend_pid])
            crashing.execute("select 1")
        route(execution)
        check_counts(execution)

    def test_put_together_once_however_often(self, execution: Connection, delivered: list[int]) -> None:
        crashing = again(execution)
        with contextlib.suppress(psycopg.OperationalError), crashing, crashing.transaction():
            crashing.execute(COMPACT)
            execution.execute(COMPACT)
            check_counts(execution)
            execution.execute("select pg_terminate_backend(%s)", [crashing.info.backend_pid])
            crashing.execute("select 1")
        execution.execute(COMPACT)
        execution.execute(COMPACT)
        check_counts(execution)
        assert value(execution, "select count(*) from message_center.statistic_step") == 0
        assert value(execution, NOTED_TIMES.format("sending")) is not None
        push(execution, event())
        route(execution)
        execution.execute(COMPACT)
        check_counts(execution)
        keys = "select count(*) - count(distinct (minute, queue)) from message_center.statistic"
        assert value(execution, keys) == 0


class TestTheQueue:
    async def test_a_window_notes_its_length_and_its_oldest(self, execution: Connection, execution_uri: str) -> None:
        ids = push(execution, *[event()] * 7, event(scheduled=LATER))
        age(execution, ids[:1], 2)
        work = Routing("rt", RT_EVENTS_PROCESSING.name)
        async with await psycopg.AsyncConnection.connect(execution_uri, autocommit=True) as window:
            await work.maintain(window)
            deploy_template(execution)
            while await work.step(window):
                pass
            await work.maintain(window)
        told = indicators(execution, "rt")
        assert (told["pending"], told["pending_most"], told["pending_least"], told["pending_mean"]) == (0, 7, 0, 3.5)
        assert told["oldest_pending_seconds"] == 0
        assert told["oldest_pending_seconds_most"] == pytest.approx(120, abs=5)

    async def test_an_empty_one_leaves_no_rows(self, execution: Connection, execution_uri: str) -> None:
        work = Routing("rt", RT_EVENTS_PROCESSING.name)
        async with await psycopg.AsyncConnection.connect(execution_uri, autocommit=True) as window:
            await work.maintain(window)
            await work.maintain(window)
            assert value(execution, "select count(*) from message_center.statistic_parts('-infinity')") == 0
            push(execution, event())
            await work.maintain(window)
        told = indicators(execution, "rt")
        assert (told["pending_most"], told["pending_least"]) == (1, 0), "it was empty just before"

    def test_without_a_window_it_is_looked_at(self, execution: Connection) -> None:
        deploy_template(execution, condition="$.ctx.flag")
        (bad,) = push(execution, event(ctx={"flag": 5}))
        route(execution)
        (late,) = push(execution, event(), queue="batch")
        age(execution, [late], 10)
        push(execution, event(scheduled=LATER))
        told = indicators(execution)
        assert told["pending"] == 2, f"{bad} waits for another try, and counts"
        assert told["oldest_pending_seconds"] == pytest.approx(600, abs=5)

    def test_a_long_one_is_counted_by_its_ids(self, execution: Connection) -> None:
        execution.execute(
            "insert into message_center.event (queue, type, email, ctx)"
            " select 'rt', 'x', 'a@b.example', '{}' from generate_series(1, 45000)"
        )
        assert indicators(execution, "rt")["pending"] == pytest.approx(45000, rel=0.01)

    def test_peaks_between_two_looks_are_seen(self, execution: Connection) -> None:
        deploy_template(execution)
        push(execution, *[event()] * 500)
        route(execution, max_events=1000)
        told = indicators(execution, "rt")
        assert (told["pending"], told["pending_most"]) == (0, 500)


def test_rates_are_of_what_came_to_an_end(execution: Connection, delivered: list[int]) -> None:
    assert indicators(execution)["error_rate"] == pytest.approx(100 * 3 / 7), "failed, bounced and ignored, of 6 and 1"
    assert indicators(execution)["outgoing_per_hour"] is None, "nothing waits to be sent"
    push(execution, event())
    route(execution)
    execution.execute("update message_center.event set processed_at = processed_at - interval '2 minutes'")
    told = indicators(execution)
    assert told["awaiting_delivery"] == 1
    assert 0 < (told["outgoing_per_hour"] or 0) <= 4 * 12


def test_the_archive_has_them_by_minute_and_by_day(
    execution: Connection, control: Connection, delivered: list[int]
) -> None:
    execution.execute(COMPACT)
    archive_stream(execution, control, "mcTest", STATISTICS)
    deploy_template(execution)
    age(execution, push(execution, event()), 24 * 60)
    route(execution)
    execution.execute(COMPACT)
    archive_stream(execution, control, "mcTest", STATISTICS)
    week = "now() - interval '2 days', now() + interval '1 hour', '1 hour'"
    columns = "sum(events_in), sum(sent), sum(delivery_errors), sum(ignored), sum(routed)"
    here = execution.execute(f"select {columns} from message_center.curve({week})".encode()).fetchone()
    assert here == control.execute(f"select {columns} from archive.curve('mcTest', {week})".encode()).fetchone()
    there = "select sum(events_in), sum(sent), sum(failed), sum(bounced), sum(routed) from archive.statistic"
    assert control.execute(there).fetchone() == (7, 4, 1, 1, 7)
    assert control.execute(f"{there}_day".encode()).fetchone() == (7, 4, 1, 1, 7)
    assert value(control, "select count(distinct day) from archive.statistic_day") == 2
    timed = "select sum(n.value::integer) from archive.statistic_day, jsonb_each_text(sending_times) as n"
    assert value(control, timed) == 5
