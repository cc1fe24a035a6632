"""What the tests of the queues share."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import dict_row

PLACE_TEMPLATES = """
    insert into message_center.message_template
        (internal_name, version, event_type, queue, language, sender, subject, text_body)
    select %(name)s || %(language)s, %(version)s, %(name)s, queue, %(language)s, 'shop@shop.example', 'Order', 'Hello'
    from unnest(enum_range(null::message_center.event_queue)) as queue
"""


def event(**fields: Any) -> dict[str, Any]:
    """Return an event as a shop would push it."""
    return {"type": "order_confirmation", "email": "john@shop.example", "ctx": {"order": 1242}} | fields


def push(connection: psycopg.Connection[Any], *events: Any, queue: str = "rt") -> list[int]:
    """Push good events and return their ids."""
    rows = connection.execute(
        "select id from message_center.push_events(%s, %s)", [queue, json.dumps(events)]
    ).fetchall()
    assert all(row[0] for row in rows)
    return [row[0] for row in rows]


def place_template(
    connection: psycopg.Connection[Any], name: str = "order_confirmation", language: str = "", version: int = 1
) -> None:
    """Publish a template of an event type in both queues."""
    connection.execute(PLACE_TEMPLATES, {"name": name, "language": language, "version": version})


def route(connection: psycopg.Connection[Any], queue: str = "rt", batch: int = 1000) -> dict[str, Any]:
    """Route until the queue's end and return the counts."""
    cursor = connection.cursor(row_factory=dict_row)
    total = {"routed": 0, "not_taken_into_account": 0, "expired": 0, "postponed": 0}
    while True:
        step = cursor.execute("select * from message_center.route_events(%s, %s)", [queue, batch]).fetchone()
        assert step is not None
        total = {name: count + step[name] for name, count in total.items()}
        if not step["more"]:
            return total


def claim(
    connection: psycopg.Connection[Any], engine: str = "engine", lease: str = "5 min", batch: int = 100
) -> list[int]:
    """Claim e-mails and return the event ids."""
    rows = connection.execute(
        "select event_id from message_center.claim_deliveries(0::smallint, %s, %s, %s)", [engine, lease, batch]
    ).fetchall()
    return sorted(row[0] for row in rows)


def log(
    connection: psycopg.Connection[Any], *outcomes: dict[str, Any], engine: str = "engine"
) -> list[tuple[Any, ...]]:
    """Log outcomes and return the refused ones."""
    return connection.execute(
        "select event_id, reason from message_center.log_deliveries(%s, %s)", [engine, json.dumps(outcomes)]
    ).fetchall()


def copy_statuses(connection: psycopg.Connection[Any]) -> None:
    """Copy statuses until there are no more."""
    while True:
        row = connection.execute("select more from message_center.copy_statuses(1000)").fetchone()
        if not (row and row[0]):
            return


def status(connection: psycopg.Connection[Any], event_id: int) -> tuple[str, str | None]:
    """Return an event's status and reason."""
    row = connection.execute(
        "select status, status_reason from message_center.event where id = %s", [event_id]
    ).fetchone()
    assert row is not None
    return row[0], row[1]
