"""Windows on a real database: they work, wait without a gap, outlive outages, and say what they did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from message_center.instances.heartbeats import HEARTBEAT_SECONDS
from message_center.queues.routing import QueueTimes, Routing
from message_center.queues.wake_up import CONTESTED_SECONDS, WakeUp
from message_center.queues.window import BUSY_POLL_SECONDS, QueueWork, Window, WindowError
from message_center.workflows import RT_EVENTS_PROCESSING
from support.events import deploy_template, event, push, status

Connection = psycopg.Connection[Any]


@dataclass
class Watched:
    """
    Work that only notes when it was asked for.

    :param more: what each step answers.
    """

    more: bool
    heartbeat_name: str = RT_EVENTS_PROCESSING.name
    steps: list[float] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)

    def resume(self, noted: Mapping[str, Any]) -> None:
        assert not noted

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        self.steps.append(time.monotonic())
        return self.more

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        self.beats.append(time.monotonic())

    def counts(self) -> dict[str, Any]:
        return {}


def window(uri: str, seconds: float, work: QueueWork | None = None, **kwargs: Any) -> Window:
    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    work = work or Routing("rt", RT_EVENTS_PROCESSING.name)
    return Window("mcTest", work, end, **({"connect": connect} | kwargs))


def heartbeat(execution: Connection) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = execution.execute(
        "select last_start is not null, last_success is not null, counts ->> 'routed', last_error"
        " from message_center.workflow_heartbeat where workflow = 'rtEventsProcessing'"
    ).fetchone()
    assert row is not None
    return row


async def test_a_window_routes_what_comes_in_while_it_waits(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    running = asyncio.create_task(window(execution_uri, 3).run())
    await asyncio.sleep(1)
    for _ in range(5):
        await asyncio.to_thread(push, execution, event())
        await asyncio.sleep(0.25)
    result = await running
    assert result["routed"] == 5
    # Without the wake-up, events would wait for the safety net, a second away.
    assert result["queue_time_ms"]["max"] < 500
    assert heartbeat(execution) == (True, True, "5", None)


async def test_a_waiting_window_is_called_and_a_working_one_is_not(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    with psycopg.connect(execution_uri, autocommit=True) as listener:
        listener.execute('listen "message_center.rtEventsProcessing"')
        push(execution, event())
        assert list(listener.notifies(timeout=0.2)) == []
        running = asyncio.create_task(window(execution_uri, 2).run())
        await asyncio.sleep(1)
        await asyncio.to_thread(push, execution, event())
        await running
        assert len(list(listener.notifies(timeout=0.5))) == 1


async def test_an_idle_window_asks_no_more_than_its_safety_net(
    execution_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, begin = [], WakeUp.begin

    async def counted_begin(self: WakeUp) -> bool:
        waits.append(time.monotonic())
        return await begin(self)

    monkeypatch.setattr(WakeUp, "begin", counted_begin)
    idle = Watched(more=False)
    await window(execution_uri, 4, idle).run()
    # The wait is begun once, and once more after a heartbeat; not anew for each look of the safety net, a second apart.
    assert len(waits) <= 2
    # Each of the two is begun with two looks and ended by one.
    assert len(idle.steps) <= 4 + 2 * 3


async def test_a_busy_window_pauses_between_its_looks(execution_uri: str) -> None:
    busy = Watched(more=True)
    await window(execution_uri, 1, busy).run()
    assert 10 < len(busy.steps) <= 1 / BUSY_POLL_SECONDS + 1


async def test_a_window_in_whose_way_a_writer_stands_looks_again_soon_and_beside_another_window_seldom(
    execution: Connection, execution_uri: str
) -> None:
    beside = Watched(more=False)
    execution.execute("select message_center.begin_waiting(%s)", [beside.heartbeat_name])
    await window(execution_uri, 0.6, beside).run()
    pauses = [later - earlier for earlier, later in pairwise(beside.steps)]
    assert min(pauses[:3]) < CONTESTED_SECONDS
    assert min(pauses[5:]) >= CONTESTED_SECONDS


async def test_windows_that_begin_together_beat_at_moments_of_their_own(execution_uri: str) -> None:
    works = [Watched(more=False, heartbeat_name=f"workflow {n}") for n in range(8)]
    await asyncio.gather(*(window(execution_uri, HEARTBEAT_SECONDS + 0.5, work).run() for work in works))
    second = [work.beats[1] for work in works]
    assert max(second) - min(second) > 1


async def test_a_window_outlives_an_outage(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    running = asyncio.create_task(window(execution_uri, 4).run())
    await asyncio.sleep(1)
    await asyncio.to_thread(
        execution.execute,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()",
    )
    (id_,) = await asyncio.to_thread(push, execution, event())
    result = await running
    assert (result["routed"], result["reconnects"]) == (1, 1)
    assert status(execution, id_)[0] == "Pending delivery"


async def test_a_window_that_is_to_end_early_ends_with_what_it_has_done(
    execution: Connection, execution_uri: str
) -> None:
    deploy_template(execution)
    push(execution, event())
    working = window(execution_uri, 600)
    running = asyncio.create_task(working.run())
    await asyncio.sleep(0.5)
    working.end_early("its DAG is paused")
    result = await asyncio.wait_for(running, 5)
    assert (result["routed"], result["ended_early"]) == (1, "its DAG is paused")
    assert heartbeat(execution) == (True, True, "1", None)


async def test_a_window_without_a_database_ends_early_too_and_is_no_failure() -> None:
    waiting = window("host=127.0.0.1 port=1 user=nobody", 600)
    running = asyncio.create_task(waiting.run())
    await asyncio.sleep(2)
    waiting.end_early("its DAG is paused")
    assert (await asyncio.wait_for(running, 1))["ended_early"] == "its DAG is paused"


async def test_a_window_whose_database_goes_is_a_failure_after_a_minute(
    execution: Connection, execution_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("message_center.queues.window.UNREACHABLE_SECONDS", 1.0)
    deploy_template(execution)
    push(execution, event())
    working = window(execution_uri, 600)
    running = asyncio.create_task(working.run())
    await asyncio.sleep(0.5)
    await asyncio.to_thread(execution.execute, "alter schema message_center rename to elsewhere")
    with pytest.raises(WindowError, match="for a minute"):
        await asyncio.wait_for(running, 10)
    assert working.counts()["routed"] == 1, "what it has done is not forgotten"


async def test_a_cancelled_window_leaves_no_session_and_no_lock(execution: Connection, execution_uri: str) -> None:
    """Airflow cancels the window of a run that somebody marks or clears."""
    running = asyncio.create_task(window(execution_uri, 600).run())
    await asyncio.sleep(1)
    locks = "select count(*) from pg_locks where locktype = 'advisory'"
    assert execution.execute(locks).fetchone() != (0,), "it waits"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for _ in range(50):
        if execution.execute(locks).fetchone() == (0,):
            break
        await asyncio.sleep(0.1)
    assert execution.execute(locks).fetchone() == (0,)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    assert execution.execute(others).fetchone() == (0,)


async def test_a_window_that_never_got_through_says_why() -> None:
    with pytest.raises(WindowError, match=r"'mcTest' could not work in this window: .*Test the connection"):
        await window("host=127.0.0.1 port=1 user=nobody", 1).run()


async def test_a_window_on_a_database_without_our_tables_says_where_they_come_from(
    new_database: Callable[[str], str],
) -> None:
    with pytest.raises(WindowError, match=r'schema "message_center" does not exist.* mcSynch_mcTest, which makes'):
        await window(new_database(""), 1).run()


async def test_overlapping_windows_route_each_event_once(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    windows = [asyncio.create_task(window(execution_uri, 3).run()) for _ in range(2)]
    for _ in range(20):
        await asyncio.to_thread(push, execution, *[event()] * 10)
    results = await asyncio.gather(*windows)
    assert sum(result["routed"] for result in results) == 200


def test_queue_times_keep_their_percentiles() -> None:
    times = QueueTimes()
    times.add({"60": 98, "80": 2}, 12.5)
    assert times.percentile(0.5) == pytest.approx(1.122, rel=0.01)
    assert times.percentile(0.99) == pytest.approx(11.22, rel=0.01)
    assert times.summary()["max"] == 12.5
    assert QueueTimes().summary() == {"p50": None, "p99": None, "max": None}
