"""Intake by pgbench's clients: with the wake-up and without, and beside bare INSERTs of the same columns."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile

import psycopg

from bench.background import window_at_work
from bench.comparison import Comparison, Ratio, Side
from bench.harness import BINARIES, Server
from bench.sizes import Sizes

CLIENTS = 8
SET = 1_000

EVENT = {
    "type": "order_confirmation",
    "email": "john@shop.example",
    "external_id": "order-1",
    "language": "en",
    "country": "GB",
    "ctx": {"order": 1, "customer": "John Smith", "total": 12.5, "items": ["book", "pen", "lamp"]},
}
PUSH_ONE = f"select * from message_center.push_events('rt', '{json.dumps(EVENT)}');"
PUSH_SET = f"""
    select * from message_center.push_events('rt', (
        select json_agg('{json.dumps(EVENT)}'::json) from generate_series(1, {SET})));
"""
INSERT = f"""
    insert into message_center.event (queue, type, email, external_id, language, country, ctx)
    select 'rt', 'order_confirmation', 'john@shop.example', 'order-1', 'en', 'GB', '{json.dumps(EVENT["ctx"])}'
    from generate_series(1, %s);
"""
# Nobody asks whether a window waits, and so the window doesn't: not being called, it would sleep for a second at a
# time, and its work for these seconds would be missing on the side without.
NO_WAKE_UP = """
    create or replace function message_center.window_waits(workflow text) returns boolean language sql return false;
    create or replace function message_center.begin_waiting(workflow text) returns boolean language sql return false;
"""


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""
    return [wake_up(server, sizes.intake_seconds), bare(server, sizes.intake_seconds)]


def wake_up(server: Server, seconds: int) -> Comparison:
    """What it costs a writer to wake the window, while a window works the queue."""

    def intake(seconds: int, change: str = "") -> float:
        with server.fresh("templates") as uri:
            if change:
                execute(uri, change)
            with window_at_work(uri):
                return pgbench(uri, PUSH_ONE, seconds)

    return Comparison(
        title="Intake while a window works the queue",
        unit="events/s",
        amount=seconds,
        of="seconds",
        sides={"with wake-up": intake, "without": lambda seconds: intake(seconds, NO_WAKE_UP)},
        ratios=(Ratio("intake with wake-up / without", "with wake-up", "without", 0.9),),
        warm_up=1,
        notes={
            "with wake-up": f"pgbench, {CLIENTS} clients, push_events with one event a transaction",
            "without": "the window looks as often, and never waits to be called",
        },
    )


def bare(server: Server, seconds: int) -> Comparison:
    """What the checks and the results of push_events cost."""

    def side(script: str, events: int) -> Side:
        def intake(seconds: int) -> float:
            with server.fresh("templates") as uri:
                return events * pgbench(uri, script, seconds)

        return intake

    one, many = "push_events, one event", f"push_events, {SET:,} events"
    bare_one, bare_many = "INSERT, one row", f"INSERT, {SET:,} rows"
    return Comparison(
        title="Intake beside bare INSERTs",
        unit="events/s",
        amount=seconds,
        of="seconds",
        sides={
            one: side(PUSH_ONE, 1),
            bare_one: side(INSERT % 1, 1),
            many: side(PUSH_SET, SET),
            bare_many: side(INSERT % SET, SET),
        },
        ratios=(
            Ratio("intake of single events / bare INSERT", one, bare_one),
            Ratio(f"intake of {SET:,} events a call / bare INSERT", many, bare_many),
        ),
        warm_up=1,
        notes={
            one: "checks every field, the address and the limits, gives each event its id or the reason of its refusal",
            many: f"{CLIENTS} clients; the array is put together by PostgreSQL in the same statement",
        },
    )


def pgbench(uri: str, script: str, seconds: int) -> float:
    """Run a script over and over; transactions per second, without the time it takes to connect."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(" ".join(script.split()))
        file.flush()
        command = [str(BINARIES / "pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds)]
        done = subprocess.run([*command, "-f", file.name, uri], capture_output=True, text=True)
    found = re.search(r"^tps = ([\d.]+) \(without", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return float(found[1])


def execute(uri: str, statement: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)
