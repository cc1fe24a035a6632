"""The rows that are measured: events like a shop's, about 300 bytes each."""

from __future__ import annotations

import yaml
from psycopg.types.json import Json

from bench.harness import Connection, Server
from support.process import REPOSITORY

SAMPLE = REPOSITORY / "include" / "templates" / "order_confirmation"

TEMPLATES = """
    insert into message_center.message_template (internal_name, version, event_type, queue, sender, subject, text_body)
    select name, 1, name, queue::message_center.event_queue, 'shop@shop.example', 'Subject', 'Text'
    from unnest(array['order_confirmation', 'password_reset', 'shipping_notice']) as name
    cross join unnest(array['rt', 'batch']) as queue
"""
PENDING = """
    insert into message_center.event (queue, type, email, external_id, language, country, ctx)
    select 'rt', (array['order_confirmation', 'password_reset', 'shipping_notice'])[1 + mod(n, 3)],
        'customer' || n || '@shop.example', 'order-' || n, 'en', 'GB',
        jsonb_build_object('order', n, 'customer', 'John Smith', 'total', 12.5,
            'items', jsonb_build_array('book', 'pen', 'lamp'))
    from generate_series(1, %s) as n
"""
ROUTED = """
    update message_center.event set
        status = 'Pending delivery', status_reason = null, template_id = 1, process_requested_on = null,
        processed_at = clock_timestamp(), modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
    where queue = 'rt' and status = 'Pending' and process_requested_on is null
"""
LOGGED = """
    insert into message_center.delivery_log (event_id, queue, wished_channel, address, status)
    select id, queue, wished_channel, email, 'Sent' from message_center.event
"""
MESSAGE_TEMPLATE = """
    insert into message_center.message_template
        (internal_name, version, event_type, queue, sender, reply_to, subject, text_body, html_body)
    values
        ('order_confirmation', 1, 'order_confirmation', 'rt', %(from)s, %(reply_to)s, %(subject)s, %(text)s, %(html)s)
"""
DELIVERABLE = """
    insert into message_center.event (queue, status, type, email, external_id, language, country, ctx, template_id)
    select 'rt', 'Pending delivery', 'order_confirmation', 'customer' || n || '@shop.example', 'order-' || n, 'en',
        'GB', %(ctx)s, t.id
    from generate_series(1, %(rows)s) as n, message_center.message_template as t
"""
DELIVERABLE_AS_CLAIMED = """
    select id as event_id, queue::text, type, email as address, language, country, email_format, external_id, origin,
        ctx, created_at, template_id, 1 as tries, 'mcBench' as account
    from message_center.event order by id
"""


def templates(connection: Connection, rows: int = 0) -> None:
    """Templates for both queues, and no event."""
    connection.execute(TEMPLATES)


def backlog(connection: Connection, rows: int) -> None:
    """So many events pending in the real-time queue."""
    templates(connection)
    connection.execute(PENDING, [rows])


def delivered(connection: Connection, rows: int) -> None:
    """So many events routed and delivered, whose status is not copied yet."""
    backlog(connection, rows)
    connection.execute(ROUTED)
    connection.execute(LOGGED)


def deliverable(connection: Connection, rows: int) -> None:
    """So many events routed to the order confirmation that the repository ships."""
    sample = yaml.safe_load((SAMPLE / "template.yaml").read_text(encoding="utf-8"))
    bodies = {"text": (SAMPLE / "body.txt").read_text(), "html": (SAMPLE / "body.html").read_text()}
    connection.execute(MESSAGE_TEMPLATE, {**sample, **bodies})
    connection.execute(DELIVERABLE, {"ctx": Json(sample["sample"]["ctx"]), "rows": rows})


def declare(server: Server) -> None:
    """Tell the server the kinds of data that there are."""
    server.kind("empty", "", lambda connection, rows: None)
    server.kind("templates", "execution", templates)
    server.kind("backlog", "execution", backlog)
    server.kind("delivered", "execution", delivered)
    server.kind("deliverable", "execution", deliverable)
    server.kind("no_archive", "control", lambda connection, rows: None)
