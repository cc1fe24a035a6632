"""A database of 0.1.0 gets another schema while windows route, senders push and an engine sends: nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import Any

import psycopg

from message_center.migrations import SchemaError
from message_center.migrations.runner import bring_up
from message_center.migrations.schema import Schema
from message_center.queues.routing import Routing
from message_center.queues.status import StatusUpdate
from message_center.queues.window import QueueWork, Window
from message_center.workflows import BATCH_EVENTS_PROCESSING, RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS
from support.events import claim, deploy_template, event, log, push
from support.schema_change import changed
from support.schemas import restore

BEFORE, AFTER = timedelta(seconds=1), timedelta(seconds=2)
LONGEST = timedelta(minutes=1)
STATUSES = "select e.status::text, count(*), count(distinct e.id) from message_center.event as e group by e.status"
QUEUES = ("rt", "batch")


def send(uri: str, queue: str, ended: Event) -> list[int]:
    """Push events, as fast as one sender can, until the end; return their ids."""
    ids: list[int] = []
    with psycopg.connect(uri, autocommit=True) as connection:
        while not ended.is_set():
            ids += push(connection, event(), queue=queue)
    return ids


def deliver(uri: str, ended: Event) -> int:
    """Claim and log as an engine does, until the end and until nothing is left; return how many were sent."""
    sent = nothing = 0
    with psycopg.connect(uri, autocommit=True) as connection:
        while True:
            is_last = ended.is_set()
            claimed = claim(connection, max_events=100)
            refused = log(connection, *({"event_id": id_, "status": "Sent"} for id_ in claimed))
            assert not refused
            sent += len(claimed)
            # Twice: the first time may have ended a pass that began before the last events were routed.
            nothing = 0 if claimed else nothing + 1
            if is_last and nothing > 1:
                return sent
            time.sleep(0.01)


def upgrade(uri: str, schema: Schema) -> None:
    """What mcSynch does, over and over until it comes through."""
    with psycopg.connect(uri, autocommit=True) as connection:
        while True:
            try:
                bring_up(connection, schema)
                break
            except SchemaError:
                time.sleep(0.1)


async def test_an_upgrade_under_load_loses_nothing(new_database: Callable[[str], str], tmp_path: Path) -> None:
    uri = new_database("")
    restore(uri, "0.1.0", "execution")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("select message_center.register_instance('mcTest', 1::smallint)")
        deploy_template(connection)
        there_before = [id_ for queue in QUEUES for id_ in push(connection, *[event()] * 500, queue=queue)]

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    end = datetime.now(timezone.utc) + LONGEST
    works: list[QueueWork] = [
        Routing("rt", RT_EVENTS_PROCESSING.name),
        Routing("batch", BATCH_EVENTS_PROCESSING.name),
        StatusUpdate(UPDATE_EVENT_STATUS.name),
    ]
    windows = [Window("mcTest", work, end, connect) for work in works]
    pushed_all, routed_all = Event(), Event()
    with ThreadPoolExecutor() as threads, ended(pushed_all, routed_all):
        loop = asyncio.get_running_loop()
        working = asyncio.gather(*(window.run() for window in windows))
        senders = [loop.run_in_executor(threads, send, uri, queue, pushed_all) for queue in QUEUES]
        engine = loop.run_in_executor(threads, deliver, uri, routed_all)
        await asyncio.sleep(BEFORE.total_seconds())
        await loop.run_in_executor(threads, upgrade, uri, Schema.of("execution"))
        # Windows of this version wait for its functions; those of a version to come find all that they need.
        await until(lambda: all(any(work.counts().get(name) for name in ("routed", "sent")) for work in works))
        reconnects = [window.reconnects for window in windows]
        await loop.run_in_executor(threads, upgrade, uri, changed(tmp_path))
        await asyncio.sleep(AFTER.total_seconds())

        pushed_all.set()
        pushed = there_before + [id_ for ids in await asyncio.gather(*senders) for id_ in ids]
        await until(lambda: sum(work.counts().get("routed", 0) for work in works) >= len(pushed))
        routed_all.set()
        sent = await engine
        await until(lambda: works[2].counts()["sent"] >= len(pushed))
        for window in windows:
            window.end = datetime.now(timezone.utc)
        counts = await working

    assert sent == len(pushed), "each is sent, and once"
    with psycopg.connect(uri) as connection:
        assert connection.execute(STATUSES).fetchall() == [("Sent", len(pushed), len(pushed))]
        assert connection.execute("select count(campaign) from message_center.event").fetchone() == (len(pushed),)
        events: Any = connection.execute("select id from message_center.event").fetchall()
    assert sorted(pushed) == sorted(id_ for (id_,) in events)
    assert [count["reconnects"] for count in counts] == reconnects, "no window was interrupted"


@contextmanager
def ended(*events: Event) -> Iterator[None]:
    """Let threads end that wait for an event, whatever happens."""
    try:
        yield
    finally:
        for each in events:
            each.set()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, as long as the windows last."""
    end = time.monotonic() + LONGEST.total_seconds()
    while not is_so():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
