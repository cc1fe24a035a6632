"""An account to which all has happened that docs/tour.md asks about, the oldest first: ids are by age."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from message_center.accounts.account import Account
from message_center.events.acts import Act, perform
from message_center.events.filters import EventFilter
from message_center.instances.deployment import deploy
from message_center.instances.registration import register
from message_center.publication.versions import Request, record
from support.archive import archive_all
from support.events import claim, content, event, log, push, route, update_event_statuses
from support.shop import A_DAY, TYPES, beat, publish

Connection = psycopg.Connection[Any]

DAYS, A_DAYS_EVENTS = 65, 5
BLOCKED = "554 5.7.1 Service unavailable; client host [192.0.2.7] blocked"
FULL = "452 4.2.2 The recipient's mailbox is full"
HARD, SOFT = {"failure_type": "hard", "failure_reason": 20}, {"failure_type": "soft", "failure_reason": 5}
UNKNOWN = HARD | {"failure_reason": 1, "message": "550 5.1.1 no such user", "quarantine": True}
VIP = {"condition": "$.ctx.vip == true", "priority": 5}

OLDER_EVENT = """
    update message_center.event as e
    set created_at = a.at, processed_at = a.at + interval '1 second', modified_at = a.at + a.took
    from jsonb_to_recordset(%s) as a (id bigint, at timestamptz, took interval)
    where e.id = a.id
"""
OLDER_LOG = """
    update message_center.delivery_log as l
    set created_at = a.at + interval '2 seconds', modified_at = a.at + a.took
    from jsonb_to_recordset(%s) as a (id bigint, at timestamptz, took interval)
    where l.event_id = a.id
"""
DUE = "update message_center.delivery_log set retry_at = clock_timestamp() where event_id = %s"
OLDER_TRIES = """
    update message_center.delivery_log as l
    set earlier_tries = (
        select jsonb_agg(t.try || jsonb_build_object('tried_at', l.created_at + t.n * interval '12 min') order by t.n)
        from jsonb_array_elements(l.earlier_tries) with ordinality as t (try, n)
    )
    where l.event_id = %s
"""
# The batch queue has waited for two hours, and the provider has been slow for three.
TROUBLE = """
    insert into message_center.statistic (
        id, minute, queue, events_in, pending_most, pending_least, pending_sum, samples)
    select message_center.statistic_id(m, 'batch'), m, 'batch', 1, n, n - 1, n * 12, 12
    from date_trunc('minute', now()) as until, generate_series(until - interval '2 hours', until, '1 minute') as m,
        lateral (select (1 + extract(epoch from m - now() + interval '2 hours') / 60 * 2.4)::int) as a (n)
"""
SLOW = """
    update message_center.statistic set sending_ms = sending_ms * 20, processing_ms = processing_ms * 7
    where queue = 'rt' and minute > now() - interval '3 hours'
"""
# For as long as somebody looks.
AT_WORK = """
    update message_center.workflow_heartbeat
    set heartbeat_at = now() + interval '1 hour', window_end = now() + interval '2 hours'
"""
TONIGHT_HOUR = 20


def all_that_happened(control: Connection, execution: Connection, account: str) -> None:
    """Give an account all of it."""
    register(Account(account), control, execution)
    publish(control, execution, account)
    _publish_for_vips(control, execution, account)
    _some_weeks(execution)
    _late(execution)
    _refused_by_the_provider(execution)
    _no_mail(execution)
    _text(execution)
    _twice(execution)
    _waiting(execution)
    # All of that was counted as if it had come now.
    execution.execute("delete from message_center.statistic")
    execution.execute(A_DAY)
    execution.execute(TROUBLE)
    execution.execute(SLOW)
    execution.execute("select message_center.stop_event_type('password_reset', 'The link in it is broken')")
    _restored(control, execution, account)
    beat(control, execution, account)
    execution.execute(AT_WORK)


def tonight() -> datetime:
    """Return the next evening."""
    now = datetime.now(timezone.utc)
    evening = now.replace(hour=TONIGHT_HOUR, minute=0, second=0, microsecond=0)
    return evening if evening > now + timedelta(minutes=5) else evening + timedelta(days=1)


def _publish_for_vips(control: Connection, execution: Connection, account: str) -> None:
    """And let two months, a month, and a night have passed since the publications."""
    contents = {"vip_order": content(subject="A gift with order {{ ctx.order }}") | VIP}
    record(control, Request("publish", "third", "ann", "Our best customers get a gift", contents, event_types=TYPES))
    deploy(account, control, execution, [*TYPES, *contents])
    control.execute(
        "update message_center.publication set published_at = now()"
        " - (array['60 days', '30 days', '16 hours'])[number]::interval"
    )
    execution.execute(
        "update message_center.message_template"
        " set published_at = published_at - interval '16 h', unpublished_at = unpublished_at - interval '16 h'"
    )


def _pushed(execution: Connection, *events: dict[str, Any]) -> list[int]:
    """Push events and have an engine claim them."""
    ids = push(execution, *events)
    route(execution)
    claim(execution, max_events=len(events))
    return ids


def _ended(execution: Connection, ids: Sequence[int], **outcome: Any) -> None:
    assert log(execution, *({"event_id": id_, **outcome} for id_ in ids)) == []
    update_event_statuses(execution)


def _grow_old(execution: Connection, ages: Sequence[tuple[int, timedelta, timedelta]]) -> None:
    now = datetime.now(timezone.utc)
    older = [{"id": id_, "at": (now - age).isoformat(), "took": f"{took.total_seconds()} s"} for id_, age, took in ages]
    with _unstamped(execution):
        for statement in (OLDER_EVENT, OLDER_LOG):
            execution.execute(statement, [Jsonb(older)])


@contextmanager
def _unstamped(execution: Connection) -> Iterator[None]:
    """Let rows be changed as if that had been long ago."""
    with execution.transaction():
        for table in ("event", "delivery_log"):
            execution.execute(f"alter table message_center.{table} disable trigger stamp_modification")
        yield
        for table in ("event", "delivery_log"):
            execution.execute(f"alter table message_center.{table} enable always trigger stamp_modification")


def _minutes_ago(execution: Connection, ids: Sequence[int], minutes: int) -> None:
    _grow_old(execution, [(id_, timedelta(minutes=minutes), timedelta(seconds=3)) for id_ in ids])


def _some_weeks(execution: Connection) -> None:
    """Five events a day: one in 23 fails, one in 17 is sent late."""
    count = DAYS * A_DAYS_EVENTS
    ids = _pushed(execution, *(event(email=f"person{n}@shop.example", ctx={"order": n}) for n in range(count)))
    failed = ids[::23]
    _ended(execution, failed, status="Delivery failed", **HARD, message="550 5.7.1 refused")
    _ended(execution, sorted({*ids} - {*failed}), status="Sent")
    took = [timedelta(seconds=95 if n % 17 == 3 else 3) for n in range(count)]
    age = [timedelta(days=DAYS + 1) - n * timedelta(days=1) / A_DAYS_EVENTS for n in range(count)]
    _grow_old(execution, list(zip(ids, age, took, strict=True)))


def _late(execution: Connection) -> None:
    ids = _pushed(execution, event(email="lisa@shop.example", external_id="order-52", ctx={"order": 52}))
    for _ in range(2):
        _ended(execution, ids, status="Pending delivery", **SOFT, message=FULL)
        execution.execute(DUE, ids)
        claim(execution)
    _ended(execution, ids, status="Sent")
    _grow_old(execution, [(ids[0], timedelta(minutes=52), timedelta(minutes=37))])
    with _unstamped(execution):
        execution.execute(OLDER_TRIES, ids)


def _refused_by_the_provider(execution: Connection) -> None:
    ids = _pushed(execution, *(event(email=f"n{n}@bigmail.example", ctx={"order": 300 + n}) for n in range(14)))
    _ended(execution, ids, status="Delivery failed", **HARD, message=BLOCKED)
    _minutes_ago(execution, ids, 45)


def _no_mail(execution: Connection) -> None:
    ids = _pushed(execution, event(email="nora@shop.example", external_id="order-64", ctx={"order": 64}))
    _ended(execution, ids, status="Delivery failed", **UNKNOWN)
    _minutes_ago(execution, ids, 40)


def _text(execution: Connection) -> None:
    ids = _pushed(execution, event(email="vera@shop.example", external_id="order-70", ctx={"order": 70, "vip": True}))
    _ended(execution, ids, status="Sent")
    _minutes_ago(execution, ids, 30)


def _twice(execution: Connection) -> None:
    """Pushed twice by the shop, and replayed by somebody."""
    order = event(email="max@shop.example", external_id="order-77", origin="shop", ctx={"order": 77})
    ids = _pushed(execution, order, order)
    _ended(execution, ids, status="Sent")
    _minutes_ago(execution, ids, 25)
    perform(Act(uuid4(), "replay", "ann", "He has deleted it", EventFilter(ids=ids[:1])), execution, None, "")
    route(execution)
    replays = claim(execution)
    _ended(execution, replays, status="Sent")
    _minutes_ago(execution, replays, 10)
    execution.execute("update message_center.operator_act set begun_at = now() - interval '10 min'")


def _waiting(execution: Connection) -> None:
    evening = tonight().isoformat()
    later = [event(email=f"early{n}@shop.example", external_id=f"order-{80 + n}", scheduled=evening) for n in range(3)]
    push(execution, *later)
    route(execution)
    push(execution, *(event(email=f"batch{n}@shop.example", ctx={"order": 500 + n}) for n in range(288)), queue="batch")


def _restored(control: Connection, execution: Connection, account: str) -> None:
    """Archived, put back to an older state, noticed, and archived anew."""
    archive_all(execution, control, account)
    older = execution.execute("select checkpoint from message_center.archive_checkpoint").fetchall()
    archive_all(execution, control, account)
    execution.execute(
        "delete from message_center.archive_checkpoint where checkpoint <> all(%s)", [[each for (each,) in older]]
    )
    register(Account(account), control, execution)
    archive_all(execution, control, account)
