"""The queues against bare SQL on the same rows and columns: routing, with and without an open transaction; statuses."""

from __future__ import annotations

import time

import psycopg

from bench.comparison import Comparison, Ratio
from bench.curve import Chart, Curve, Growth
from bench.data import ROUTED
from bench.drain import routing_rate, status_rate
from bench.harness import Server
from bench.sizes import Sizes

BARE_STATUSES = """
    update message_center.event as e set
        status = l.status, status_reason = null, modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
    from message_center.delivery_log as l
    where e.queue = l.queue and e.id = l.event_id
"""


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""
    return [routing(server, sizes.rows), statuses(server, sizes.rows)]


def curves(server: Server, sizes: Sizes) -> list[Curve]:
    """Return what is drawn."""
    return [backlog(server, sizes)]


def routing(server: Server, rows: int) -> Comparison:
    """A backlog through a window, with a transaction held open elsewhere and without, and a bare UPDATE."""

    def window(rows: int) -> float:
        with server.fresh("backlog", rows) as uri:
            return routing_rate(uri, rows)

    def beside_open_transaction(rows: int) -> float:
        with server.fresh("backlog", rows) as uri, psycopg.connect(uri) as held:
            held.execute("select pg_current_xact_id()")
            return routing_rate(uri, rows)

    def bare(rows: int) -> float:
        with server.fresh("backlog", rows) as uri:
            return bare_rate(uri, ROUTED, rows)

    return Comparison(
        title="Routing a backlog",
        unit="events/s",
        amount=rows,
        sides={"window": window, "window, transaction held open": beside_open_transaction, "bare UPDATE": bare},
        ratios=(
            Ratio("routing a backlog / bare UPDATE", "window", "bare UPDATE", 0.8),
            Ratio("routing with a transaction held open / without", "window, transaction held open", "window", 0.8),
        ),
    )


def backlog(server: Server, sizes: Sizes) -> Curve:
    """Queues of several lengths, per event."""

    def drained(length: int) -> dict[str, float]:
        with server.fresh("backlog", length) as uri:
            window = routing_rate(uri, length)
        with server.fresh("backlog", length) as uri:
            return {"window": window, "bare UPDATE": bare_rate(uri, ROUTED, length)}

    short, long = sizes.backlog[0], sizes.backlog[-1]
    return Curve(
        title="Routing a backlog, by its length",
        of="events",
        sizes=sizes.backlog,
        point=drained,
        charts=(Chart("backlog", "Routing a backlog", "events/s", ("window", "bare UPDATE")),),
        growth=(Growth(f"routing a queue of {long:,} / of {short:,}, per event", "window", 0.85),),
        repetitions=sizes.curve_repetitions,
        warm_up=2_000,
    )


def statuses(server: Server, rows: int) -> Comparison:
    """Copying the delivery logs' statuses through a window, and a bare UPDATE … FROM."""

    def window(rows: int) -> float:
        with server.fresh("delivered", rows) as uri:
            return status_rate(uri, rows)

    def bare(rows: int) -> float:
        with server.fresh("delivered", rows) as uri:
            return bare_rate(uri, BARE_STATUSES, rows)

    return Comparison(
        title="Copying statuses",
        unit="events/s",
        amount=rows,
        sides={"window": window, "bare UPDATE … FROM": bare},
        ratios=(Ratio("status sync / bare UPDATE … FROM", "window", "bare UPDATE … FROM", 0.8),),
    )


def bare_rate(uri: str, query: str, rows: int) -> float:
    """Run one statement over all rows; rows per second."""
    with psycopg.connect(uri, autocommit=True) as connection:
        started = time.perf_counter()
        changed = connection.execute(query).rowcount
        seconds = time.perf_counter() - started
    assert changed == rows, f"{changed} of {rows} rows"
    return rows / seconds
