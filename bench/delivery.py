"""The e-mail engine against a bare loop of aiosmtplib that sends messages made before, into the same SMTP server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime, timezone

import aiosmtplib
import psycopg
from psycopg.rows import class_row

from bench.comparison import Comparison, Ratio
from bench.data import DELIVERABLE_AS_CLAIMED
from bench.drain import LONG, connector
from bench.harness import Server
from bench.sink import SinkProcess, smtp_sink
from bench.sizes import Sizes
from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window
from message_center.rendering.email import render_email
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.mime import wire
from message_center.rendering.template import DeployedTemplate
from message_center.sql import statement

SESSIONS = 4
CONNECTION_ID = "bench_smtp"
LAST_LOGGED = """
    select count(*), extract(epoch from max(modified_at))::float8
    from message_center.delivery_log where status = 'Sent'
"""

Prepared = tuple[str, str, bytes]
"""Sender, recipient, message."""


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""

    def engine(messages: int) -> float:
        with server.fresh("deliverable", messages) as uri, smtp_sink() as sink:
            os.environ[f"AIRFLOW_CONN_{CONNECTION_ID.upper()}"] = sink.connection
            sender = EmailSender(MailHook(CONNECTION_ID).load())
            return asyncio.run(engine_rate(uri, sender, sink, messages))

    def bare(messages: int) -> float:
        with server.fresh("deliverable", messages) as uri, smtp_sink() as sink:
            asyncio.run(send_all(sink.port, list(prepared(uri))))
            assert sink.count == messages
            return messages / (sink.last - sink.first)

    return [
        Comparison(
            title="Delivering e-mails",
            unit="messages/s",
            amount=sizes.messages,
            of="messages",
            sides={"engine": engine, "aiosmtplib, messages made before": bare},
            ratios=(Ratio("delivery / bare loop of aiosmtplib", "engine", "aiosmtplib, messages made before"),),
            warm_up=200,
            notes={
                "engine": f"{SESSIONS} sessions; claims, renders text and HTML, sends, logs each outcome; "
                "from the first message accepted to the last outcome logged",
                "aiosmtplib, messages made before": f"{SESSIONS} sessions of sendmail(); no database, nothing "
                "rendered; from the first message accepted to the last. The server, aiosmtpd, is a process of its own "
                "and takes most of one core",
            },
        )
    ]


async def engine_rate(uri: str, sender: EmailSender, sink: SinkProcess, messages: int) -> float:
    """Run the engine until everything is sent and logged; messages per second."""
    stop = asyncio.Event()
    end = datetime.now(timezone.utc) + LONG
    delivering = deliver_window(connector(uri), "mcBench", sender, end, sessions=SESSIONS, stop=stop)
    window = asyncio.create_task(delivering)
    while sink.count < messages and not window.done():  # noqa: ASYNC110 - the server is another process
        await asyncio.sleep(0.01)
    logged, last = 0, 0.0
    async with await connector(uri)() as connection:
        while logged < messages and not window.done():
            await asyncio.sleep(0.02)
            logged, last = await (await connection.execute(LAST_LOGGED)).fetchone() or (0, 0.0)
    stop.set()
    await window
    assert logged == messages, f"{logged} of {messages} messages"
    return messages / (last - sink.first)


def prepared(uri: str) -> Iterator[Prepared]:
    """Render what the engine would."""
    with psycopg.connect(uri) as connection:
        with connection.cursor(row_factory=class_row(ClaimedEvent)) as cursor:
            events = cursor.execute(DELIVERABLE_AS_CLAIMED).fetchall()
        with connection.cursor(row_factory=class_row(DeployedTemplate)) as cursor:
            ids = {"ids": list({event.template_id for event in events})}
            templates = {each.id: each for each in cursor.execute(statement("execution/load_templates"), ids)}
    for event in events:
        template = templates[event.template_id]
        yield template.sender_address, event.address, wire(render_email(template, event))


async def send_all(port: int, messages: list[Prepared]) -> None:
    """Send over kept-alive sessions side by side."""
    waiting = iter(messages)

    async def session() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        async with client:
            for sender, recipient, message in waiting:
                await client.sendmail(sender, [recipient], message)

    await asyncio.gather(*(session() for _ in range(SESSIONS)))
