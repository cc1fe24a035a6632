"""The statements of each part of the product, as the work of a session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Json

from message_center.archive.purge import Archived, Purge, purge_rows
from model.sessions import Connection
from support.events import push_text

BOUNCES = "bounce reader"
OUTCOMES: dict[str, dict[str, Any]] = {
    "sent": {"status": "Sent"},
    "hard": {"status": "Delivery failed", "failure_type": "hard", "failure_reason": 1, "message": "550 unknown user"},
    "soft": {"status": "Pending delivery", "failure_type": "soft", "failure_reason": 5, "message": "452 inbox full"},
    "ignored": {"status": "Ignored by the delivery", "failure_type": "ignored", "message": "on the denylist"},
    "given back": {"status": "Pending delivery"},
    "refused": {"status": "Delivery failed", "failure_type": "soft", "failure_reason": 20, "message": "554 refused"},
    "of no kind": {"status": "Expired"},
    "without a reason": {"status": "Delivery failed"},
    "not storable": {"status": "Sent", "message": "a\u0000b"},
    "too long": {"status": "Delivery failed", "failure_type": "hard", "message": "x" * 2001},
    "out of range": {"status": "Delivery failed", "failure_type": "hard", "failure_reason": 99999, "message": "550"},
}


def push(connection: Connection, queue: str, events: str) -> list[tuple[int | None, str | None]]:
    """Push events; return id or reason of each."""
    return [(result["id"], result["reason"]) for result in push_text(connection, events, queue)]


def route(connection: Connection, queue: str, max_events: int) -> dict[str, Any]:
    """Do one step of routing."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute("select * from message_center.route_events(%s, %s)", [queue, max_events]).fetchone() or {}


def claim(connection: Connection, channel: int, engine: str, lease: str, max_events: int) -> list[int]:
    """Claim a set; return the ids of its events."""
    query = "select event_id from message_center.claim_deliveries(%s::smallint, %s, %s, %s)"
    return [id for (id,) in connection.execute(query, [channel, engine, lease, max_events]).fetchall()]


def log(connection: Connection, engine: str, outcomes: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Log outcomes; return position and reason of those refused."""
    query = "select position, reason from message_center.log_deliveries(%s, %s)"
    return connection.execute(query, [engine, Json(outcomes)]).fetchall()


def copy(connection: Connection, max_rows: int) -> dict[str, Any]:
    """Do one step of copying statuses."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute("select * from message_center.update_event_statuses(%s)", [max_rows]).fetchone() or {}


def save_watermark(connection: Connection) -> None:
    """Keep what this session has copied for the next one."""
    connection.execute("select message_center.save_status_watermark()")


def expire(connection: Connection, queue: str) -> int:
    """Expire what nobody has taken in time."""
    row = connection.execute("select message_center.expire_events(%s)", [queue]).fetchone()
    return row[0] if row else 0


def ignore_stopped(connection: Connection) -> int:
    """End what a stopped type has left routed."""
    row = connection.execute("select message_center.ignore_stopped_events()").fetchone()
    return row[0] if row else 0


def switch(connection: Connection, event_type: str, reason: str | None) -> None:
    """Stop an event type, or without a reason let it go on."""
    if reason is None:
        connection.execute("select message_center.resume_event_type(%s)", [event_type])
    else:
        connection.execute("select message_center.stop_event_type(%s, %s)", [event_type, reason])


def quarantine(connection: Connection, channel: int, address: str) -> None:
    """Put an address in quarantine by hand."""
    connection.execute(
        "insert into message_center.quarantine (wished_channel, address) values (%s, %s) on conflict do nothing",
        [channel, address],
    )


def purge(connection: Connection, what: Purge, archived: Archived, kept_hours: int, max_rows: int) -> set[int]:
    """Purge a table; return the ids that are left in it."""
    purge_rows(connection, what, archived, timedelta(hours=kept_hours), max_rows)
    query = f"select id from message_center.{what.stream.table}"
    return {id for (id,) in connection.execute(query).fetchall()}


def hold(connection: Connection, table: str, event: int) -> None:
    """Hold a row, as somebody does who looks at it in psql."""
    column = "id" if table == "event" else "event_id"
    query = f"select from message_center.{table} where {column} = %s for update"
    connection.execute(query, [event])


def track(connection: Connection, event: int) -> None:
    """Follow a link of a message."""
    connection.execute(
        """
        with url as (insert into message_center.tracking_url (url) values ('https://shop.example/') returning id)
        insert into message_center.tracking_log (event_id, tracking_url_id, kind) select %s, url.id, 'click' from url
        """,
        [event],
    )


def renew(connection: Connection) -> int:
    """Let this session's leases begin anew that are near their end."""
    row = connection.execute("select message_center.renew_claims('1 h')").fetchone()
    return row[0] if row else 0


def delete(connection: Connection, event: int, with_log: bool) -> set[int]:
    """Delete an event by hand, and its log if asked; return the ids of the logs that went."""
    connection.execute("delete from message_center.event where id = %s", [event])
    connection.execute("delete from message_center.idempotency_key where event_id = %s", [event])
    if not with_log:
        return set()
    rows = connection.execute("delete from message_center.delivery_log where event_id = %s returning id", [event])
    return {id for (id,) in rows.fetchall()}


def erase(connection: Connection, address: str) -> None:
    """Erase a person."""
    connection.execute("select message_center.erase_person(%s)", [address])
