"""A window's result says what was done in it, whatever processes and connections did it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from message_center.queues.enrichment.work import Enrichment
from message_center.queues.routing import Routing
from message_center.queues.status import StatusUpdate
from message_center.queues.window import QueueWork, Window
from message_center.workflows import RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS
from support.delivery import deliver, pending_delivery
from support.events import claim, deploy_template, event, log, push, route
from support.smtp import Sink

Connection = psycopg.Connection[Any]
Open = Callable[[], Window]

END_BACKENDS = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = %s"
STEPS = "select (select count(*) from message_center.window_step)"


def in_seconds(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def routing() -> QueueWork:
    return Routing("rt", RT_EVENTS_PROCESSING.name)


def window(uri: str, end: datetime, work: QueueWork) -> Window:
    """A window as a process that begins or takes up its run makes it."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    return Window("mcTest", work, end, connect)


async def until_cut(working: Window, is_done: Callable[[], bool]) -> None:
    """Let a process work in a window, and take it away once something is done."""
    task = asyncio.create_task(working.run())
    while not task.done() and not is_done():  # noqa: ASYNC110 - another session does it
        await asyncio.sleep(0.01)
    assert task.cancel(), "it was not done in this window"
    with contextlib.suppress(asyncio.CancelledError):
        await task


def is_one(connection: Connection, query: str) -> bool:
    row = connection.execute(query.encode()).fetchone()
    return row is not None and bool(row[0])


async def test_a_processing_window_that_is_taken_up_again(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    end = in_seconds(2.5)
    push(execution, *[event() for _ in range(5)], event(type="unknown_to_us"))
    nothing_pending = "select not exists (select from message_center.event where status = 'Pending')"
    await until_cut(window(execution_uri, end, routing()), lambda: is_one(execution, nothing_pending))
    push(execution, *[event() for _ in range(3)])
    result = await window(execution_uri, end, routing()).run()
    assert (result["routed"], result["not_taken_into_account"]) == (8, 1)
    assert None not in result["queue_time_ms"].values()
    assert result["queue_time_ms"]["max"] >= result["queue_time_ms"]["p50"]


async def test_a_status_window_that_is_taken_up_again(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    first, second = push(execution, event(), event())
    route(execution)
    claim(execution)
    end = in_seconds(2.5)
    log(execution, {"event_id": first, "status": "Sent"})
    sent = "select exists (select from message_center.event where status = 'Sent')"
    work = StatusUpdate(UPDATE_EVENT_STATUS.name)
    await until_cut(window(execution_uri, end, work), lambda: is_one(execution, sent))
    log(execution, {"event_id": second, "status": "Delivery failed", "failure_type": "hard", "message": "550"})
    result = await window(execution_uri, end, StatusUpdate(UPDATE_EVENT_STATUS.name)).run()
    assert (result["sent"], result["failed"]) == (1, 1)


async def test_an_enrichment_window_that_is_taken_up_again(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution, enrichment={"kind": "python", "source": "shop.enrichment:add_points"})
    end = in_seconds(2.5)

    def work() -> QueueWork:
        return Enrichment("order_confirmation", lambda events: [{"points": 1} for _ in events])

    push(execution, event(), event())
    route(execution)
    await until_cut(window(execution_uri, end, work()), lambda: is_one(execution, f"{STEPS} > 0"))
    push(execution, event())
    route(execution)
    assert (await window(execution_uri, end, work()).run())["enriched"] == 3


async def test_a_delivery_window_that_is_taken_up_again(
    execution: Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    end = in_seconds(6)
    pending_delivery(execution, template, "zoe@a.example", "unknown@a.example")
    first = await deliver(execution_uri, end=end, until=2)
    assert (first["sent"], first["failed"]) == (1, 1)
    pending_delivery(execution, template, "ann@a.example")
    second = await deliver(execution_uri, end=end, until=3)
    assert (second["sent"], second["failed"]) == (2, 1)


async def test_counts_are_exact_however_often_the_connection_breaks(execution: Connection, execution_uri: str) -> None:
    """A commit whose answer is lost is counted as well, and once."""
    deploy_template(execution)
    working = asyncio.create_task(window(execution_uri, in_seconds(6), routing()).run())
    pushed = 0
    for _ in range(8):
        for _ in range(5):
            pushed += len(push(execution, *[event() for _ in range(20)]))
            await asyncio.sleep(0.01)
        execution.execute(END_BACKENDS, [execution.info.dbname])
        await asyncio.sleep(0.25)
    result = await working
    assert result["reconnects"] > 0
    assert result["routed"] == pushed


async def test_windows_that_overlap_count_apart(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    push(execution, *[event() for _ in range(4)])
    first = await window(execution_uri, in_seconds(0.7), routing()).run()
    push(execution, event())
    second = await window(execution_uri, in_seconds(0.7), routing()).run()
    assert (first["routed"], second["routed"]) == (4, 1)


@pytest.mark.parametrize(("ended", "left"), [(timedelta(minutes=11), 1), (timedelta(minutes=1), 2)])
def test_the_steps_of_windows_that_are_over_go(execution: Connection, ended: timedelta, left: int) -> None:
    begin = "select message_center.begin_window('rtEventsProcessing', %s)"
    note = "select message_center.note_counts('{\"routed\": 1}')"
    for end in (datetime.now(timezone.utc) - ended, in_seconds(600)):
        execution.execute(begin, [end])
        execution.execute(note)
    execution.execute(begin, [in_seconds(700)])
    assert execution.execute(STEPS).fetchone() == (left,)


def test_nothing_is_noted_outside_a_window(execution: Connection) -> None:
    execution.execute("select message_center.note_counts('{\"routed\": 1}')")
    execution.execute("set message_center.this_window = 'nonsense'")
    execution.execute("select message_center.note_counts('{\"routed\": 1}')")
    assert execution.execute(STEPS).fetchone() == (0,)
