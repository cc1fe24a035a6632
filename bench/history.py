"""An archive with a history: events of a year, of several accounts, with their delivery logs and statistics."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import psycopg

from bench.curve import Chart, Curve, Growth
from bench.harness import Connection, Server
from bench.sizes import Sizes
from message_center.archive.counting import count_changed
from message_center.events.filters import EventFilter
from message_center.events.reports import Report, report
from message_center.events.search import find_archived
from message_center.instances.hooks import ANSWER_TIMEOUTS

TURNS = 5
ACCOUNTS = 10
DAYS = 360

# All indexes at once, at the end: in a tenth of the time.
WITHOUT_INDEXES = """
    create temporary table kept_index on commit drop as
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index as i
    join pg_class as c on c.oid = i.indrelid
    where c.relnamespace = 'archive'::regnamespace and c.relname in ('event', 'delivery_log') and not i.indisprimary;
    do $$ declare each record; begin
        for each in select * from kept_index loop execute format('drop index %s', each.name); end loop;
    end $$
"""
WITH_INDEXES = """
    do $$ declare each record; begin
        for each in select * from kept_index loop execute each.definition; end loop;
    end $$
"""
INSTANCES = """
    insert into message_center.execution_instance (account, instance_identifier, database_identity)
    select 'mcBench' || n, n, 'mcBench' || n from generate_series(1, %(accounts)s) as n
"""
# One in thirty was not sent; a customer has five events or so.
EVENTS = """
    insert into archive.event (id, account, queue, status, status_reason, type, wished_channel, email, external_id,
        language, ctx, created_at, processed_at, modified_at, template_id, replay_of, archived_at)
    select (a::bigint << 56) + n, 'mcBench' || a, case when mod(n, 4) = 0 then 'batch' else 'rt' end,
        case when mod(n, 30) <> 0 then 'Sent' when mod(n, 60) = 0 then 'Delivery failed'
            when mod(n, 90) = 0 then 'Ignored by the delivery' when mod(n, 210) = 0 then 'Expired'
            else 'Event not taken into account' end,
        case when mod(n, 30) = 0 then 'A reason' end,
        (array['order_confirmation', 'password_reset', 'shipping_notice', 'invoice', 'welcome'])[1 + mod(n, 5)], 0,
        'customer' || mod(n::bigint * 7919, greatest(%(each)s / 5, 1)) || '@shop' || a || '.example', 'order-' || n,
        'en',
        jsonb_build_object('order', n, 'customer', 'John Smith', 'total', 12.5), at, at + interval '20 ms',
        at + interval '1 second', (a::bigint << 56) + 1 + mod(n, 5),
        case when mod(n, 1000) = 0 then (a::bigint << 56) + n - 10 end, at + interval '1 hour'
    from generate_series(1, %(accounts)s) as a
    cross join generate_series(1, %(each)s) as n
    cross join lateral (
        select date_trunc('hour', now()) - %(days)s * interval '1 day' * (1 - n::float8 / %(each)s) as at
    ) as pushed
"""
LOGS = """
    insert into archive.delivery_log (id, account, event_id, queue, delivery_id, wished_channel, address, status,
        message_id, engine, tries, created_at, modified_at, archived_at)
    select e.id, e.account, e.id, e.queue, e.template_id, 0, e.email, e.status,
        case when e.status <> 'Sent' then (e.id >> 56 << 56) + 1 end, 'message_center', 1,
        e.processed_at + interval '30 ms', e.processed_at + interval '1 second' * mod(e.id, 3), e.archived_at
    from archive.event as e
    where e.status in ('Sent', 'Delivery failed', 'Ignored by the delivery')
"""
TEMPLATES = """
    insert into archive.message_template (id, account, internal_name, version, event_type, queue, language)
    select (a::bigint << 56) + n, 'mcBench' || a, t, 1, t, 'rt', ''
    from generate_series(1, %(accounts)s) as a,
        unnest(array['order_confirmation', 'password_reset', 'shipping_notice', 'invoice', 'welcome'])
            with ordinality as t (t, n)
"""
CHANGED = "insert into archive.changed_block select distinct archive.block_of(e.id) from archive.event as e"
BY_DAY = """
    insert into archive.statistic_day (account, day, queue, events_in, routed, not_taken_into_account, expired, sent,
        ignored, failed, bounced, postponed, queue_times, queue_ms, sending_times, sending_ms, processing_times,
        processing_ms, pending_most, pending_least, pending_sum, samples, oldest_ms)
    select e.account, date_trunc('day', e.created_at, 'UTC'), e.queue, count(*), count(*), count(*) filter (
            where e.status = 'Event not taken into account'), count(*) filter (where e.status = 'Expired'),
        count(*) filter (where e.status = 'Sent'), count(*) filter (where e.status = 'Ignored by the delivery'),
        count(*) filter (where e.status = 'Delivery failed'), 0, 0, '{"86": 1}', 20, '{"120": 1}', 1000, '{"120": 1}',
        1000, 9, 0, 12, 12, 30
    from archive.event as e
    group by 1, 2, 3
"""


def history(connection: Connection, rows: int) -> None:
    """So many archived events, of ten accounts over a year."""
    parameters = {"accounts": ACCOUNTS, "each": rows // ACCOUNTS, "days": DAYS}
    with connection.transaction():
        connection.execute("set local maintenance_work_mem = '1GB'")
        connection.execute(WITHOUT_INDEXES)
        for statement in (INSTANCES, TEMPLATES, EVENTS, LOGS, BY_DAY):
            connection.execute(statement, parameters if "%(" in statement else None)
        connection.execute(WITH_INDEXES)
    connection.execute(CHANGED)
    for n in range(1, ACCOUNTS + 1):
        count_changed(connection, f"mcBench{n}")


def declare(server: Server) -> None:
    """Tell the server the kind of data."""
    server.kind("history", "control", history)


def curves(server: Server, sizes: Sizes) -> list[Curve]:
    """Return what is drawn."""
    few, many = sizes.history[0], sizes.history[-1]
    return [
        Curve(
            title="The page over an archive, by its events",
            of="events",
            sizes=sizes.history,
            point=lambda rows: answers(server, rows),
            charts=(
                Chart("archive_search", "Search, fifty events of each account", "ms", tuple(SEARCHES)),
                Chart(
                    "archive_report", "Reports", "ms", ("counts by type", "service level", "service level of a year")
                ),
            ),
            growth=(Growth(f"search by address, {few:,} events / {many:,} events", "address", is_time=True),),
            notes=(
                f"Ten accounts, {DAYS} days. The median of {TURNS} questions, the first of which is not counted. An "
                "answer that takes longer than five seconds is ended, and says so.",
            ),
        )
    ]


SEARCHES = {
    "newest": EventFilter(),
    "address": EventFilter(address="customer17@shop3.example"),
    "external id": EventFilter(external_id="order-17"),
    "status": EventFilter(statuses=["Delivery failed"]),
    "type and status": EventFilter(types=["order_confirmation"], statuses=["Event not taken into account"]),
    "type that is nowhere": EventFilter(types=["nothing"]),
}


def answers(server: Server, rows: int) -> dict[str, float]:
    """Ask all of it, of so many events."""
    until = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    week = EventFilter(since=until - timedelta(days=7), until=until)
    # The data itself, and no copy: nothing is changed.
    with psycopg.connect(server.uri(server.prepared("history", rows)), autocommit=True) as control:
        for name, value in ANSWER_TIMEOUTS.items():
            control.execute("select set_config(%s, %s, false)", [name, value])
        accounts = dict.fromkeys(f"mcBench{n}" for n in range(1, ACCOUNTS + 1))
        times = {
            name: taken(partial(find_archived, control, wanted, accounts, 50)) for name, wanted in SEARCHES.items()
        }
        times["counts by type"] = taken(lambda: report(control, Report(week, "day", "type", within_seconds=None)))
        times["service level"] = taken(lambda: report(control, Report(week, "day", "nothing")))
        year = EventFilter(since=until - timedelta(days=DAYS), until=until)
        times["service level of a year"] = taken(lambda: report(control, Report(year, "month", "nothing")))
    return times


def taken(ask: Callable[[], Any]) -> float:
    """Return how long a question takes, in ms."""
    times = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times[1:])
