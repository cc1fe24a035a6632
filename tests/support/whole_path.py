"""An event on its whole way, from initialisation into the archive, as the workflows take it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from message_center.accounts.account import Account
from message_center.archive.streams import STREAMS
from message_center.archive.tasks import begin_run, run_stream
from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.queues.window import Connect, Window
from message_center.queues.work import queue_work
from message_center.workflows import RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS
from support.events import DEPLOY_TEMPLATE, content

ACCOUNT = "mcTest"


async def whole_path(push: Callable[[], int], engine: Connect | None = None) -> int:
    """
    Take one event through all workflows of the test account, whose connections are there, and return its id.

    :param push: pushes the event, and returns its id.
    :param engine: opens the connections of the delivery; by default as Airflow's own does.
    """
    begin_run(Account(ACCOUNT), {})
    hook = ExecutionInstanceHook(ACCOUNT)
    with hook.connect() as ours:
        published = content(subject="Hello 👋")
        published["languages"][""]["text_body"] = "Hello {{ ctx.name }}, {{ ctx.total }}"
        ours.execute("insert into message_center.event_type (name) values ('order_confirmation')")
        ours.execute(DEPLOY_TEMPLATE, ["order_confirmation", 1, Jsonb(published)])
    id_ = push()

    routed = await Window(ACCOUNT, queue_work(RT_EVENTS_PROCESSING.name), in_seconds(1.5), hook.aconnect).run()
    assert (routed["routed"], routed["reconnects"]) == (1, 0), routed
    sender = EmailSender(MailHook("test_smtp").load())
    sent = await deliver_window(engine or hook.opener(), ACCOUNT, sender, in_seconds(2.5))
    assert (sent["sent"], sent.get("reconnects", 0)) == (1, 0), sent
    await Window(ACCOUNT, queue_work(UPDATE_EVENT_STATUS.name), in_seconds(1), hook.aconnect).run()
    for stream in STREAMS:
        run_stream(ACCOUNT, stream, {})
    return id_


def in_seconds(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def pushed_by_a_shop(dsn: str, pushed: dict[str, Any], **changes: Any) -> int:
    """Push as a shop does, in a session that pins nothing but its time."""
    options = "-c statement_timeout=0 -c lock_timeout=0"
    with psycopg.connect(dsn, autocommit=True, options=options, **changes) as shop:
        row = shop.execute("select id, reason from message_center.push_events('rt', %s)", [json.dumps([pushed])])
        id_, reason = row.fetchone() or (None, "nothing")
    assert id_, reason
    return int(id_)
