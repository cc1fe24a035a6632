"""Whose claims are whose: tokens, and the lock that tells an engine at work from a dead one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.delivery.claims import Claims
from message_center.delivery.ownership import Ownership
from message_center.delivery.reconnecting import ReconnectingConnection
from support.delivery import deliver, pending_delivery
from support.events import claim, deploy_template, event, log, push, route
from support.smtp import Sink

Connection = psycopg.Connection[Any]

CLAIM = "select event_id, claim_token from message_center.claim_deliveries(0::smallint, 'engine', %s, 100)"
OVER = "the claim is over: the event was claimed anew, or has its outcome"


@pytest.fixture
def routed(execution: Connection) -> list[int]:
    deploy_template(execution)
    ids = push(execution, *[event() for _ in range(3)])
    route(execution)
    return ids


@pytest.fixture
def connect(execution_uri: str) -> Iterator[Callable[[], Connection]]:
    """Open sessions; those that are still there at the end are closed."""
    made: list[Connection] = []

    def open_session() -> Connection:
        made.append(psycopg.connect(execution_uri, autocommit=True))
        return made[-1]

    yield open_session
    for session in made:
        session.close()


def hold(session: Connection, owner: int | None = None) -> int:
    row = session.execute("select message_center.hold_claims(%s)", [owner]).fetchone()
    assert row is not None
    return int(row[0])


def seconds_until_claimed(session: Connection, ids: list[int], patience: float) -> float:
    """How long it takes until a session gets claims back, looking ten times a second; infinite if it gets none."""
    started = time.monotonic()
    while time.monotonic() < started + patience:
        if claim(session, "other") == ids:
            return time.monotonic() - started
        time.sleep(0.1)
    return float("inf")


def leases(execution: Connection) -> list[float]:
    query = "select extract(epoch from retry_at - clock_timestamp())::float from message_center.delivery_log"
    return [seconds for (seconds,) in execution.execute(query)]


def test_an_outcome_of_an_earlier_claim_is_refused(execution: Connection, routed: list[int]) -> None:
    """Two processes of one engine name: the first one's lease has run out, and it comes back late."""
    first = dict(execution.execute(CLAIM, ["0 s"]).fetchall())
    second = dict(execution.execute(CLAIM, ["5 min"]).fetchall())
    assert not set(first.values()) & set(second.values())
    late = [{"event_id": id_, "status": "Sent", "claim_token": first[id_]} for id_ in routed]
    assert log(execution, *late) == [(id_, OVER) for id_ in routed]
    good = [{"event_id": id_, "status": "Sent", "claim_token": str(second[id_])} for id_ in routed]
    assert log(execution, *good) == []


def test_an_outcome_counts_once(execution: Connection, routed: list[int]) -> None:
    token = dict(execution.execute(CLAIM, ["5 min"]).fetchall())[routed[0]]
    back = {"event_id": routed[0], "status": "Pending delivery", "claim_token": token}
    assert log(execution, back) == []
    assert log(execution, back) == [(routed[0], OVER)]


def test_an_engine_that_knows_nothing_of_tokens_goes_on(execution: Connection, routed: list[int]) -> None:
    assert claim(execution) == routed
    assert log(execution, *({"event_id": id_, "status": "Sent"} for id_ in routed)) == []


def test_the_claims_of_a_dead_session_come_back_within_seconds(
    execution: Connection, routed: list[int], connect: Callable[[], Connection]
) -> None:
    engine = connect()
    hold(engine)
    assert claim(engine) == routed
    assert seconds_until_claimed(execution, routed, 1.5) == float("inf"), "it is at work"
    engine.close()
    assert 2 < seconds_until_claimed(execution, routed, 60) < float("inf"), "not by their lease, which is longer"


def test_an_engine_that_comes_back_in_time_keeps_its_claims(
    execution: Connection, routed: list[int], connect: Callable[[], Connection]
) -> None:
    engine = connect()
    number = hold(engine)
    assert claim(engine) == routed
    engine.close()
    while any(seconds > 3 for seconds in leases(execution)):
        execution.execute("select message_center.end_leases_of_the_dead()")
    again = connect()
    assert hold(again, number) == number
    assert again.execute("select message_center.renew_claims('5 min')").fetchone() == (3,)
    assert all(seconds > 290 for seconds in leases(execution))
    assert seconds_until_claimed(execution, routed, 3.5) == float("inf")


def test_one_session_of_an_engine_is_enough(
    execution: Connection, routed: list[int], connect: Callable[[], Connection]
) -> None:
    claiming, logging = connect(), connect()
    hold(logging, hold(claiming))
    assert claim(claiming) == routed
    claiming.close()
    execution.execute("select message_center.end_leases_of_the_dead()")
    assert all(seconds > 290 for seconds in leases(execution))


def test_without_a_lock_it_is_the_lease(
    execution: Connection, routed: list[int], connect: Callable[[], Connection]
) -> None:
    engine = connect()
    assert claim(engine) == routed
    engine.close()
    execution.execute("select message_center.end_leases_of_the_dead()")
    assert all(seconds > 290 for seconds in leases(execution))


def test_a_lease_near_its_end_is_renewed_and_a_retry_is_not(execution: Connection, routed: list[int]) -> None:
    hold(execution)
    claim(execution, lease="4 s")
    log(execution, {"event_id": routed[0], "status": "Pending delivery", "failure_type": "soft"})
    renew = "select message_center.renew_claims(%s)"
    assert execution.execute(renew, ["8 s"]).fetchone() == (2,)
    assert execution.execute(renew, ["8 s"]).fetchone() == (0,), "not near its end"


async def test_an_engine_that_stood_still_believes_no_connection_that_it_has_not_asked(
    execution: Connection, execution_uri: str, routed: list[int]
) -> None:
    """Stopped and continued, it does not know yet that its sessions have ended, and that another engine was there."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(execution_uri, autocommit=True)

    async def ask(connection: psycopg.AsyncConnection) -> None:
        await connection.execute("select")

    lease, never = timedelta(minutes=5), float("inf")
    ownership = Ownership(lease)
    claims = Claims.over("mcTest", "engine", 0, lease, connect, never, ownership)
    logging = ReconnectingConnection("mcTest", connect, never, prepare=ownership.hold)
    ownership.connections.append(logging)
    hand = await claims.next(100)
    await logging.do(ask)
    assert [claims.may_begin(each) for each in hand] == [True] * 3
    execution.execute(
        """select pg_terminate_backend(l.pid, 5000) from pg_locks as l join pg_database as d on d.oid = l.database
        where l.locktype = 'advisory' and l.objsubid = 2 and d.datname = current_database()"""
    )
    end = time.monotonic() + 10
    while not (taken := claim(execution, "other", max_events=1)) and time.monotonic() < end:
        # Not in the loop's time: the engine stands still.
        execution.execute("select pg_sleep(0.1)")
    assert [claims.may_begin(each) for each in hand] == [False] * 3
    later = push(execution, event())
    route(execution)
    hand += await claims.next(100)
    assert [each.event.event_id for each in hand] == routed + later
    assert [each.event.event_id for each in hand if not claims.may_begin(each)] == taken
    await claims.database.close()
    await logging.close()


async def test_what_was_claimed_with_an_answer_that_never_came_is_claimed_anew(
    execution_uri: str, routed: list[int]
) -> None:
    """Or the engine would renew the leases of what it has not in hand until its window ends."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(execution_uri, autocommit=True)

    async def claim_unheard(connection: psycopg.AsyncConnection) -> None:
        await connection.execute("select message_center.claim_deliveries(0::smallint, 'engine', '5 min', 1)")

    lease = timedelta(minutes=5)
    claims = Claims.over("mcTest", "engine", 0, lease, connect, float("inf"), Ownership(lease))
    first = await claims.next(1)
    await claims.database.do(claim_unheard)
    await claims.database.close()
    again = await claims.next(1)
    assert [each.event.event_id for each in first + again] == routed[:2]
    assert all(claims.may_begin(each) for each in first + again)
    await claims.database.close()


async def test_an_engine_that_lost_its_database_begins_nothing_that_others_may_have(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int, postgres: Any
) -> None:
    sink.seconds_a_message = 0.05
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(300)))
    window = asyncio.create_task(deliver(execution_uri, 40, sessions=1, until=300))
    while len(sink.received) < 20:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.01)
    sink.seconds_a_message = 1.0
    name = sql.Identifier(execution.info.dbname)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(sql.SQL("alter database {} allow_connections false").format(name))
        execution.execute(
            """select pg_terminate_backend(a.pid) from pg_stat_activity as a join pg_locks as l on l.pid = a.pid
            where l.locktype = 'advisory' and l.objid = 1 and a.datname = current_database()"""
        )
        # Not those that were never claimed: of the engine's claims.
        query = "select event_id from message_center.delivery_log where status = 'Pending delivery'"
        theirs = {id_ for (id_,) in execution.execute(query)}
        taken: set[int] = set()
        while not taken & theirs:
            await asyncio.sleep(0.1)
            taken |= set(claim(execution, "other", max_events=200))
        sent_before = len(sink.message_ids)
        sink.seconds_a_message = 0.0
        server.execute(sql.SQL("alter database {} allow_connections true").format(name))
    sent = [{"event_id": id_, "status": "Sent"} for id_ in taken]
    assert log(execution, *sent, engine="other") == []
    counts = await window
    later = {int(id_.strip("<").partition("@")[0]) for id_ in sink.message_ids[sent_before:]}
    assert len(theirs) > 10
    # The one that was under way, at most.
    assert len(later & taken) <= 1
    assert counts["database_reconnects"] > 0
