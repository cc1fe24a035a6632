"""
Queue time on a running stack: from an event's intake to its template, at a steady rate, over window hand-overs.

    eval "$(make env)"
    python tests/bench/queue_time.py [events a second] [seconds] [account]

The account's workflows must be unpaused and its templates in place. One event a transaction, on a fixed beat: a slow
answer does not slow the events after it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
from psycopg.types.json import Json
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

CLIENTS = 4

QUEUE_TIMES = """
    select count(*), count(*) filter (where status = 'Pending'),
        percentile_cont(array[0.5, 0.99, 0.999]) within group (order by ms), max(ms),
        count(distinct date_trunc('minute', processed_at))
    from (
        select status, processed_at, 1000 * date_part('epoch', processed_at - created_at) as ms
        from message_center.event
        where origin = %s
    ) as event
"""


def push(uri: str, origin: str, rate: float, seconds: float, client: int, progress: Progress, task: int) -> float:
    """Push this client's share of the beat; return by how much, in seconds, it was late at worst."""
    late = 0.0
    start = time.monotonic() + 0.5
    with psycopg.connect(uri, autocommit=True) as connection:
        for n in count(client, CLIENTS):
            due = start + n / rate
            if due >= start + seconds:
                return late
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            late = max(late, time.monotonic() - due)
            event = {"type": "password_reset", "email": f"customer{n}@shop.example", "origin": origin, "ctx": {"n": n}}
            connection.execute("select reason from message_center.push_events('rt', %s)", [Json([event], json.dumps)])
            progress.advance(task)  # type: ignore[arg-type]
    return late


def main() -> None:
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 278.0
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 300.0
    account = sys.argv[3] if len(sys.argv) > 3 else "mcExec1"
    uri = os.environ[f"MESSAGE_CENTER_EXECUTION_URI_{account}"]
    origin = f"queue_time {time.time():.0f}"
    with Progress() as progress, ThreadPoolExecutor(CLIENTS) as clients:
        task = progress.add_task(f"{rate:g} events/s", total=rate * seconds)
        late = max(clients.map(lambda n: push(uri, origin, rate, seconds, n, progress, task), range(CLIENTS)))
    time.sleep(2)
    with psycopg.connect(uri) as connection:
        row = connection.execute(QUEUE_TIMES, [origin]).fetchone()
    assert row is not None
    events, pending, (p50, p99, p999), slowest, minutes = row
    table = Table("events", "still pending", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "minutes", "client late, ms")
    table.add_row(
        f"{events:,}", f"{pending}", f"{p50:.2f}", f"{p99:.2f}", f"{p999:.2f}", f"{slowest:.1f}", f"{minutes}",
        f"{1000 * late:.1f}",
    )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
