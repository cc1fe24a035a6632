"""Many windows in one event loop, as in a triggerer, under a steady rate of events: queue times, processor time."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import psutil
import psycopg

from bench.curve import Chart, Curve, Growth
from bench.drain import LONG, connector
from bench.harness import Server
from bench.sizes import Sizes
from message_center.queues.window import Window
from message_center.queues.work import queue_work
from message_center.workflows import QUEUE_WORKFLOWS

RATE = 278.0
"""Events a second, over all accounts: a million an hour."""
CLIENTS = 4
IDLE_SECONDS = 3.0
SETTLING_SECONDS = 1.0
WARM_UP_EVENTS = 10
WARM_UP = timedelta(seconds=1)

PUSH = "select id from message_center.push_events('rt', %s)"
EVENT = '{"type": "password_reset", "email": "john@shop.example", "ctx": {"n": 1}}'
QUEUE_TIMES = """
    select 1000 * date_part('epoch', processed_at - created_at) from message_center.event
    where created_at > %s and status = 'Pending delivery'
"""
PENDING = "select count(*) from message_center.event where status = 'Pending'"


def curves(server: Server, sizes: Sizes) -> list[Curve]:
    """Return what is drawn."""
    few, many = sizes.windows[0], sizes.windows[-1]
    return [
        Curve(
            title="Windows in one triggerer, by their number",
            of="windows",
            sizes=sizes.windows,
            point=lambda windows: queue_times(server, windows, sizes.window_seconds),
            charts=(
                Chart("windows_queue_time", f"Queue time at {RATE:g} events/s in all", "ms", ("p50", "p99")),
                Chart("windows_cpu", "Processor time of the windows' process", "% of a core", ("idle", "under load")),
            ),
            growth=(Growth(f"queue time p99, {few:,} window / {many:,} windows", "p99", is_time=True),),
            notes=(
                "One process with one event loop runs all windows, as a triggerer does; an account has a database of "
                "its own and three windows (both queues and the statuses), all on the one server. Events are pushed "
                "one a transaction, on a fixed beat, to the real-time queues in turn, in sessions that have pushed "
                f"before. Idle: the {IDLE_SECONDS:g} s before.",
            ),
        )
    ]


def queue_times(server: Server, windows: int, seconds: int) -> dict[str, float]:
    """Measure so many windows: three an account."""
    workflows = [workflow.name for workflow in QUEUE_WORKFLOWS]
    accounts = -(-windows // len(workflows))
    with ExitStack() as stack:
        uris = [stack.enter_context(server.fresh("templates")) for _ in range(accounts)]
        senders = [stack.enter_context(sender(uris[n % accounts])) for n in range(max(accounts, CLIENTS))]
        wanted = [(uris[n // len(workflows)], workflows[n % len(workflows)]) for n in range(windows)]
        process = stack.enter_context(triggerer(wanted))
        wait_until_started(uris, windows)
        idle = busy(process, lambda: time.sleep(IDLE_SECONDS))
        began = datetime.now(timezone.utc) + WARM_UP
        under_load = busy(process, lambda: push_all(senders, seconds))
        times = sorted(ms for uri in uris for ms in routed(uri, began))
    assert len(times) > 0.8 * RATE * (seconds - WARM_UP.total_seconds()), f"only {len(times)} events"
    return {
        "p50": times[len(times) // 2],
        "p99": times[int(0.99 * len(times))],
        "idle": idle,
        "under load": under_load,
    }


@contextmanager
def triggerer(windows: list[tuple[str, str]]) -> Iterator[psutil.Process]:
    """Run windows, each given by its database and its workflow, in a process of their own."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=run_windows, args=(windows,), daemon=True)
    process.start()
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.join()


def run_windows(windows: list[tuple[str, str]]) -> None:
    """Run windows in one event loop until terminated."""

    async def together() -> None:
        end = datetime.now(timezone.utc) + LONG
        running = [Window("mcBench", queue_work(workflow), end, connector(uri)).run() for uri, workflow in windows]
        await asyncio.gather(*running)

    asyncio.run(together())


def wait_until_started(uris: list[str], windows: int) -> None:
    """Wait for the heartbeat of every window."""
    end = time.monotonic() + 120
    started = 0
    while started < windows:
        assert time.monotonic() < end, f"only {started} of {windows} windows have started"
        time.sleep(0.2)
        started = sum(count(uri, "select count(*) from message_center.workflow_heartbeat") for uri in uris)
    time.sleep(SETTLING_SECONDS)


def busy(process: psutil.Process, work: Any) -> float:
    """Return what a process uses of a core while some work is done, in percent."""
    before, started = sum(process.cpu_times()[:2]), time.monotonic()
    work()
    return 100 * (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - started)


@contextmanager
def sender(uri: str) -> Iterator[psycopg.Connection]:
    """Connect an account's sender, whose session has pushed before, as one from a pool has."""
    with psycopg.connect(uri, autocommit=True) as connection:
        for _ in range(WARM_UP_EVENTS):
            connection.execute(PUSH, [EVENT])
        yield connection


def push_all(senders: list[psycopg.Connection], seconds: int) -> None:
    """Push on a fixed beat: a slow answer does not slow the events after it."""
    start = time.monotonic() + 0.5

    def client(number: int) -> None:
        for n in range(number, int(RATE * seconds), CLIENTS):
            due = start + n / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            senders[n % len(senders)].execute(PUSH, [EVENT])

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))


def routed(uri: str, began: datetime) -> list[float]:
    """Return the queue times of an account's events, in ms, once none is pending; the first second is warm-up."""
    end = time.monotonic() + 60
    while count(uri, PENDING):
        assert time.monotonic() < end, "events stay pending"
        time.sleep(0.05)
    with psycopg.connect(uri) as connection:
        return [ms for (ms,) in connection.execute(QUEUE_TIMES, [began])]


def count(uri: str, query: str) -> int:
    with psycopg.connect(uri) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
