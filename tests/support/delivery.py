"""What the tests of the delivery engine share: events as routing leaves them, a window, and what became of them."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window

CONNECTION_ID = "test_smtp"


def new_template(
    execution: psycopg.Connection, text: str = "Hello {{ ctx.name }}", sender: str = "Shop <shop@shop.example>"
) -> int:
    row = execution.execute(
        """insert into message_center.message_template
        (internal_name, version, event_type, queue, sender, subject, text_body, html_body)
        values (%(type)s, 1, %(type)s, 'rt', %(sender)s, 'Hello', %(text)s, '<p>hello</p>')
        returning id""",
        {"type": f"hello_{hash((text, sender))}", "text": text, "sender": sender},
    ).fetchone()
    assert row
    return int(row[0])


def pending_delivery(execution: psycopg.Connection, template: int, *addresses: str, **ctx: Any) -> list[int]:
    """Events as routing leaves them."""
    return [
        row[0]
        for address in addresses
        for row in execution.execute(
            """insert into message_center.event (queue, status, type, email, ctx, template_id)
            values ('rt', 'Pending delivery', 'hello', %s, %s, %s) returning id""",
            [address, json.dumps(ctx or {"name": "Zoé"}), template],
        )
    ]


def logs(execution: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """The delivery log by address, with the qualification."""
    with execution.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """select l.address, l.event_id, l.status::text, l.tries, m.failure_type::text, m.failure_reason,
            m.message from message_center.delivery_log as l
            left join message_center.delivery_log_message as m on m.id = l.message_id"""
        )
        return {row["address"]: row for row in cursor}


def quarantine(execution: psycopg.Connection) -> set[str]:
    return {row[0] for row in execution.execute("select address from message_center.quarantine")}


async def deliver(uri: str, seconds: float = 2.0, **settings: Any) -> dict[str, int]:
    """One window, to ``end`` if it is given; with ``until``, it is stopped when so many events have an outcome."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    end = settings.pop("end", None) or datetime.now(timezone.utc) + timedelta(seconds=seconds)
    stop = asyncio.Event()
    watch = (
        asyncio.create_task(stop_when_settled(await connect(), settings.pop("until"), stop))
        if ("until" in settings)
        else None
    )
    try:
        return await deliver_window(
            connect, "mcTest", EmailSender(MailHook(CONNECTION_ID).load()), end, stop=stop, **settings
        )
    finally:
        if watch is not None:
            watch.cancel()


async def stop_when_settled(connection: psycopg.AsyncConnection, events: int, stop: asyncio.Event) -> None:
    settled = 0
    async with connection:
        while settled < events:
            await asyncio.sleep(0.05)
            cursor = await connection.execute(
                "select count(*) from message_center.delivery_log "
                "where status <> 'Pending delivery' or message_id is not null"
            )
            (settled,) = await cursor.fetchone() or (0,)
    stop.set()
