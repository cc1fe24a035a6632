"""What the tests of the queues share."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from message_center.sql import statement

# An enrichment that an instance without these tables refuses.
MISSING_TABLE = {"kind": "sql", "source": "select e.id, to_jsonb(p) from events as e, loyalty.points as p"}
DEPLOY_TEMPLATE = "select message_center.deploy_template(%s, %s, %s)"


def content(
    event_type: str = "order_confirmation", subject: str = "Order", wished_channel: int = 0, **languages: str
) -> dict[str, Any]:
    """Return a template as it is published; languages by their subject."""
    body = {"sender": "shop@shop.example", "reply_to": None, "html_body": None, "text_body": "Hello"}
    subjects = {"": subject} | languages
    return {
        "event_type": event_type,
        "wished_channel": wished_channel,
        "priority": 0,
        "condition": None,
        "enrichment": None,
        "languages": {language: {**body, "subject": title} for language, title in subjects.items()},
    }


def event(**fields: Any) -> dict[str, Any]:
    """Return an event as a shop would push it."""
    return {"type": "order_confirmation", "email": "john@shop.example", "ctx": {"order": 1242}} | fields


def push_text(connection: psycopg.Connection[Any], events: str, queue: str = "rt") -> list[dict[str, Any]]:
    """Push events as a caller sends them, and return what it is answered: position, id or reason of each."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(statement("execution/push_events"), [queue, events]).fetchall()


def push(connection: psycopg.Connection[Any], *events: Any, queue: str = "rt") -> list[int]:
    """Push good events and return their ids."""
    results = push_text(connection, json.dumps(events), queue)
    assert all(result["id"] for result in results), results
    return [result["id"] for result in results]


def deploy_template(
    connection: psycopg.Connection[Any], event_type: str = "order_confirmation", version: int = 1, **fields: Any
) -> None:
    """Make a template live on an execution instance, in both queues; its internal name is that of the type."""
    connection.execute("insert into message_center.event_type (name) values (%s) on conflict do nothing", [event_type])
    languages = {language: language for language in fields.pop("languages", ())}
    published = content(event_type, **languages) | fields
    name = fields.pop("internal_name", event_type)
    connection.execute(DEPLOY_TEMPLATE, [name, version, Jsonb(published)])


def route(connection: psycopg.Connection[Any], queue: str = "rt", max_events: int = 1000) -> dict[str, Any]:
    """Route until the queue's end and return the counts."""
    cursor = connection.cursor(row_factory=dict_row)
    total = {"routed": 0, "not_taken_into_account": 0, "expired": 0, "postponed": 0}
    while True:
        step = cursor.execute("select * from message_center.route_events(%s, %s)", [queue, max_events]).fetchone()
        assert step is not None
        total = {name: count + step[name] for name, count in total.items()}
        if not step["more"]:
            return total


def claim(
    connection: psycopg.Connection[Any], engine: str = "engine", lease: str = "5 min", max_events: int = 100
) -> list[int]:
    """Claim e-mails and return the event ids."""
    rows = connection.execute(
        "select event_id from message_center.claim_deliveries(0::smallint, %s, %s, %s)", [engine, lease, max_events]
    ).fetchall()
    return sorted(row[0] for row in rows)


def log(
    connection: psycopg.Connection[Any], *outcomes: dict[str, Any], engine: str = "engine"
) -> list[tuple[Any, ...]]:
    """Log outcomes and return the refused ones."""
    return connection.execute(
        "select event_id, reason from message_center.log_deliveries(%s, %s)", [engine, json.dumps(outcomes)]
    ).fetchall()


def update_event_statuses(connection: psycopg.Connection[Any]) -> None:
    """Copy statuses until there are no more."""
    while True:
        row = connection.execute("select more from message_center.update_event_statuses(1000)").fetchone()
        if not (row and row[0]):
            return


def status(connection: psycopg.Connection[Any], event_id: int) -> tuple[str, str | None]:
    """Return an event's status and reason."""
    row = connection.execute(
        "select status, status_reason from message_center.event where id = %s", [event_id]
    ).fetchone()
    assert row is not None
    return row[0], row[1]
