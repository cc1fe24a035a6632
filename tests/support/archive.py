"""What the archive tests share: events by the number, and a second session on a database."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import STREAMS

Connection = psycopg.Connection[Any]

INSERT_EVENTS = """
    insert into message_center.event (queue, type, email, external_id, ctx)
    select case mod(n, 5) when 0 then 'batch' else 'rt' end::message_center.event_queue, 'order_confirmation',
        'person' || n || '@example.com', 'order-' || n, jsonb_build_object('order', n)
    from generate_series(1, %s) as n
"""


def insert_events(execution: Connection, count: int) -> None:
    """Put events into the queues in one transaction."""
    execution.execute(INSERT_EVENTS, [count])


def again(connection: Connection) -> Connection:
    """Open another session on the same database."""
    return psycopg.connect(connection.info.dsn, password=connection.info.password or None, autocommit=True)


def value(connection: Connection, query: str, *params: Any) -> Any:
    """Return the one value of a query."""
    row = connection.execute(query, params).fetchone()
    assert row is not None
    return row[0]


def same_events(execution: Connection, control: Connection) -> bool:
    """Tell whether the archive holds each event once, as it now is."""
    compared = sql.SQL("select id, queue::text, status::text, ctx::text, modified_at, modified_xid from {} order by id")
    here = execution.execute(compared.format(sql.Identifier("message_center", "event"))).fetchall()
    there = control.execute(compared.format(sql.Identifier("archive", "event"))).fetchall()
    return here == there


def archive_all(execution: Connection, control: Connection, account: str = "mcTest") -> None:
    """Archive every stream of an account."""
    for stream in STREAMS:
        archive_stream(execution, control, account, stream)
