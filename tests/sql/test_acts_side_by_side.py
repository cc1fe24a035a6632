"""Acts beside windows, engines and each other: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from support.archive import again, value
from support.events import claim, deploy_template, event, push, route, update_event_statuses
from support.statistics import check_counts
from support.waiting import until

Connection = psycopg.Connection[Any]
PASSING = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
EVENTS = 3000
WAITING = "select count(*) from message_center.event where status in ('Pending', 'Pending delivery')"


def asked_until_done(database: Connection, kind: str, id_: UUID, filter_: dict[str, Any], *given: Any) -> int:
    """Ask for an act as the page does: again after what passes, with the same id, until there is no more."""
    places = ", ".join(["%s"] * (5 + len(given)))
    query = f"select total, more from message_center.{kind}_events({places})".encode()
    with again(database) as operator:
        more, total = True, 0
        while more:
            with suppress(*PASSING):
                row = operator.execute(query, [id_, "ann", "why", Jsonb(filter_), *given, 50]).fetchone()
                assert row
                total, more = row
        return int(total)


def work(database: Connection, stop: threading.Event, step: Callable[[Connection], object]) -> None:
    """A window or an engine, until it is told to stop."""
    with again(database) as session:
        while not stop.is_set():
            with suppress(*PASSING):
                step(session)


def deliver(session: Connection) -> None:
    outcomes = [{"event_id": id_, "status": "Sent"} for id_ in claim(session, threading.current_thread().name)]
    session.execute(
        "select message_center.log_deliveries(%s, %s)", [threading.current_thread().name, json.dumps(outcomes)]
    )
    update_event_statuses(session)


def test_acts_beside_windows_lose_nothing_and_double_nothing(execution: Connection) -> None:
    deploy_template(execution)
    stop, cancelled, moved, replayed = threading.Event(), uuid4(), uuid4(), uuid4()
    soon = datetime.now(timezone.utc) + timedelta(seconds=3)
    waiting = [event(email=f"p{n}@shop.example", origin=str(n % 3)) for n in range(EVENTS)]
    ids = push(execution, *waiting)
    old = push(execution, *(event(type="unknown", email=f"old{n}@shop.example") for n in range(500)), queue="batch")
    route(execution, "batch")
    with ThreadPoolExecutor(9) as pool:
        windows = [
            pool.submit(work, execution, stop, partial(route, queue="rt", max_events=20)),
            pool.submit(work, execution, stop, partial(route, queue="batch", max_events=20)),
            pool.submit(work, execution, stop, deliver),
            pool.submit(work, execution, stop, deliver),
        ]
        acts = [
            pool.submit(asked_until_done, execution, "cancel", cancelled, {"ids": ids[1::2]}),
            pool.submit(asked_until_done, execution, "reschedule", moved, {"ids": ids[::3]}, soon),
            # The same act from two hands at once.
            pool.submit(asked_until_done, execution, "replay", replayed, {"ids": old}),
            pool.submit(asked_until_done, execution, "replay", replayed, {"ids": old}),
        ]
        totals = [one.result(60) for one in acts]
        until("the queues empty", lambda: not value(execution, WAITING), 60)
        stop.set()
        for window in windows:
            window.result(60)

    statuses = Counter(
        dict(execution.execute("select status::text, count(*) from message_center.event where queue = 'rt' group by 1"))
    )
    assert statuses == {"Event not taken into account": totals[0], "Sent": EVENTS - totals[0]}
    sent = "select count(*), count(distinct event_id) from message_center.delivery_log"
    assert execution.execute(sent).fetchone() == (EVENTS - totals[0],) * 2, "and none of the cancelled"
    assert totals[2:] == [500, 500]
    again_ = "select replay_of from message_center.event where replay_of is not null order by 1"
    assert [row[0] for row in execution.execute(again_)] == old
    done = execution.execute("select act, done from message_center.operator_act").fetchall()
    noted = execution.execute("select act, count(*) from message_center.operator_act_event group by 1").fetchall()
    assert sorted(done) == sorted(noted)
    check_counts(execution)


def test_what_a_crash_cuts_off_goes_on_where_it_was(execution: Connection) -> None:
    ids = push(execution, *(event(type="unknown", email=f"p{n}@shop.example") for n in range(20)))
    route(execution)
    id_ = uuid4()
    query = "select total, more from message_center.replay_events(%s, 'ann', 'why', %s, 8)"
    given = [id_, Jsonb({"type": "unknown"})]
    with again(execution) as operator:
        operator.execute(query, given)
    with again(execution) as crashed, suppress(ZeroDivisionError), crashed.transaction():
        crashed.execute(query, given)
        raise ZeroDivisionError
    assert asked_until_done(execution, "replay", id_, {"type": "unknown"}) == 20
    kept = "select replay_of from message_center.event where replay_of is not null order by 1"
    assert [row[0] for row in execution.execute(kept)] == ids
