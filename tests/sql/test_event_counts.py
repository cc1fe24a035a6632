"""Counts for reports: whatever happens to events and their logs, they are those of the archive's rows."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from typing_extensions import LiteralString

from message_center.archive.archiving import archive_stream
from message_center.archive.counting import count_changed
from message_center.archive.streams import DELIVERY_LOGS, EVENTS
from message_center.events.filters import EventFilter
from message_center.events.reports import Report, report
from message_center.sql import statement
from support.archive import again, value
from support.shop import register

Connection = psycopg.Connection[Any]
ACCOUNT = "mcTest"
USUAL = ("route", "claim", "log", "copy", "archive events", "archive logs", "count")
BEGINNING, END = datetime(2026, 1, 5, tzinfo=timezone.utc), datetime(2026, 3, 2, tzinfo=timezone.utc)
PERIOD = {"since": BEGINNING.isoformat(), "until": END.isoformat()}

# Their ids leave out some, as after a restore, so that they are in several blocks.
PUSH = """
    insert into message_center.event (id, queue, type, wished_channel, email, ctx, created_at, scheduled)
    select nextval('message_center.event_id_seq'),
        case mod(n, 3) when 0 then 'batch' else 'rt' end::message_center.event_queue,
        case mod(n, 2) when 0 then 'order' else 'invoice' end, 0, 'person' || n || '@shop.example', '{}',
        %(at)s + n * interval '7 hours', case mod(n, 5) when 0 then %(at)s + n * interval '8 hours' end
    from generate_series(1, %(events)s) as n
"""
LEAVE_OUT = "select setval('message_center.event_id_seq', nextval('message_center.event_id_seq') + %s)"
ROUTE = """
    update message_center.event set status = 'Pending delivery', processed_at = created_at + interval '1 ms' * %(ms)s
    where status = 'Pending' and mod(id, 4) <> %(but)s
"""
CLAIM = """
    insert into message_center.delivery_log (event_id, queue, wished_channel, address, status, created_at, modified_at,
        retry_at)
    select id, queue, 0, email, 'Pending delivery', processed_at + interval '30 ms', processed_at + interval '30 ms',
        now()
    from message_center.event where status = 'Pending delivery' and mod(id, 3) <> %(but)s
    on conflict do nothing
"""
LOG = """
    update message_center.delivery_log set
        status = (array['Sent', 'Sent', 'Sent', 'Delivery failed', 'Ignored by the delivery'])
            [1 + mod(id + %(but)s, 5)]::message_center.event_status,
        retry_at = null, modified_at = created_at + interval '1 ms' * (%(ms)s + 10 * mod(id, 9))
    where status = 'Pending delivery' and mod(id, 3) <> %(but)s
"""
BOUNCE = """
    update message_center.delivery_log set status = 'Delivery failed', modified_at = modified_at + interval '1 hour'
    where status = 'Sent' and mod(id, 5) = %(but)s
"""
COPY = """
    update message_center.event as e set status = l.status
    from message_center.delivery_log as l
    where l.event_id = e.id and message_center.status_may_move(e.status, l.status)
"""
ROWS = """
    select e.account, date_trunc('day', e.created_at, 'UTC') as day, e.queue, e.type, e.wished_channel, e.status,
        e.processed_at - greatest(e.created_at, e.scheduled) as queue,
        case when e.status = 'Sent' then l.modified_at - greatest(e.created_at, e.scheduled) end as processing,
        case when e.status = 'Sent' then l.modified_at - l.created_at end as sending
    from archive.event as e
    left join archive.delivery_log as l on l.event_id = e.id
    where e.created_at >= %(since)s and e.created_at < %(until)s
"""
COUNTS = """
    select account, day, queue, type, wished_channel, status, events, queue_times, processing_times, sending_times
    from archive.counts_for(jsonb_populate_record(null::archive.event_filter, %s), null)
"""


@pytest.fixture
def shop(execution: Connection, control: Connection) -> Connection:
    """An instance that control knows, and whose rows have the times that they are given."""
    register(control, execution, ACCOUNT)
    execution.execute("alter table message_center.delivery_log disable trigger stamp_modification")
    return execution


def bucket(time: timedelta) -> int:
    return math.floor(20 * math.log10(max(time / timedelta(microseconds=1), 1)))


def truth(control: Connection) -> tuple[Counter[Any], dict[Any, Counter[str]]]:
    """Count the archive's rows one by one."""
    events: Counter[Any] = Counter()
    times: dict[Any, Counter[str]] = defaultdict(Counter)
    for *group, queued, processed, sent in control.execute(ROWS, PERIOD).fetchall():
        events[tuple(group)] += 1
        for kind, time in enumerate((queued, processed, sent)):
            if time is not None:
                key = (*group, kind)
                times[key][str(bucket(time))] += 1
    return events, dict(times)


def counted(control: Connection) -> tuple[Counter[Any], dict[Any, Counter[str]]]:
    """What the counts say, those that are kept and those that are made for the report."""
    events: Counter[Any] = Counter()
    times: dict[Any, Counter[str]] = defaultdict(Counter)
    for *group, number, queued, processed, sent in control.execute(COUNTS, [Jsonb(PERIOD)]).fetchall():
        events[tuple(group)] += number
        for kind, histogram in enumerate((queued, processed, sent)):
            if histogram:
                key = (*group, kind)
                times[key].update(histogram)
    return events, dict(times)


def bring(execution: Connection, control: Connection, stream: Any, **how: Any) -> None:
    """Archive a stream as its rows are; a log's times are the test's."""
    execution.execute("update message_center.delivery_log set modified_xid = pg_current_xact_id()")
    archive_stream(execution, control, ACCOUNT, stream, **how)


def purge(control: Connection, query: LiteralString, days: int) -> None:
    """Purge what is older than so many days after the beginning."""
    kept = datetime.now(timezone.utc) - BEGINNING - timedelta(days=days)
    control.execute(query, {"account": ACCOUNT, "kept": kept})


@pytest.mark.parametrize("seed", range(12))
def test_after_whatever_sequence_the_counts_are_those_of_the_rows(
    shop: Connection, control: Connection, seed: int
) -> None:
    chance = random.Random(seed)

    def some() -> dict[str, Any]:
        return {
            "at": BEGINNING + timedelta(hours=chance.randrange(600)), "events": chance.randrange(1, 30),
            "ms": chance.choice([0, 1, 70, 900, 20_000, 86_400_000]), "but": chance.randrange(4),
        }  # fmt: skip

    acts: dict[str, Callable[[], object]] = {
        "push": lambda: shop.execute(PUSH, some()),
        "leave out": lambda: shop.execute(LEAVE_OUT, [chance.choice([9_000, 20_000, 200_000])]),
        "route": lambda: shop.execute(ROUTE, some()),
        "claim": lambda: shop.execute(CLAIM, some()),
        "log": lambda: shop.execute(LOG, some()),
        "bounce": lambda: shop.execute(BOUNCE, some()),
        "copy": lambda: shop.execute(COPY),
        "archive events": lambda: bring(shop, control, EVENTS, chunk_rows=7, full=chance.random() < 0.2),
        "archive logs": lambda: bring(shop, control, DELIVERY_LOGS, chunk_rows=7),
        "count some": lambda: control.execute(statement("control/count_blocks"), {"account": ACCOUNT, "max_blocks": 2}),
        "count": lambda: count_changed(control, ACCOUNT),
        "erase": lambda: control.execute("select archive.erase_person('person3@shop.example')"),
        "purge events": lambda: purge(control, statement("control/purge_archived_events"), chance.randrange(25)),
        "purge logs": lambda: purge(control, statement("control/purge_archived_delivery_logs"), chance.randrange(35)),
    }  # fmt: skip
    done, blocks = list[str](), list[int]()
    for _ in range(3):
        shop.execute(PUSH, some())
        shop.execute(LEAVE_OUT, [20_000])
    bring(shop, control, EVENTS)
    for _ in range(60):
        done.append(chance.choice([*acts, *USUAL * 2]))
        acts[done[-1]]()
        assert counted(control) == truth(control), done
        blocks.append(value(control, "select count(*) from archive.counted_block"))
    bring(shop, control, EVENTS)
    bring(shop, control, DELIVERY_LOGS)
    count_changed(control, ACCOUNT)
    assert value(control, "select count(*) from archive.changed_block") == 0
    assert counted(control) == truth(control)
    assert max(blocks) > 1


def test_what_is_committed_while_its_block_is_counted_is_counted_again(shop: Connection, control: Connection) -> None:
    shop.execute(PUSH, {"at": BEGINNING, "events": 9})
    archive_stream(shop, control, ACCOUNT, EVENTS)
    with again(control) as late:
        late.autocommit = False
        late.execute("insert into archive.changed_block select distinct block from archive.changed_block")
        late.execute("update archive.event set status = 'Expired' where mod(id, 2) = 0")
        count_changed(control, ACCOUNT)
        assert counted(control) == truth(control)
        late.commit()
    assert counted(control) == truth(control)
    assert value(control, "select count(*) from archive.changed_block") == 1


def sent(shop: Connection, control: Connection) -> None:
    """Two hundred events, nearly all sent, within seconds."""
    shop.execute(PUSH, {"at": BEGINNING, "events": 180})
    shop.execute(ROUTE, {"ms": 70, "but": 9})
    shop.execute(CLAIM, {"but": 9})
    for number, ms in enumerate((1_500, 9_000, 20_100)):
        shop.execute(LOG, {"ms": ms, "but": 3 if number == 2 else number})
    shop.execute(COPY)
    bring(shop, control, EVENTS)
    bring(shop, control, DELIVERY_LOGS)


@pytest.mark.parametrize("by", ["type", "account", "channel", "queue", "nothing"])
@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_a_report_of_counts_is_that_of_the_events_but_for_the_rounding(
    shop: Connection, control: Connection, by: str, step: str
) -> None:
    sent(shop, control)
    count_changed(control, ACCOUNT)
    given = {"filter": Jsonb(PERIOD | {"types": ["order"]}), "accounts": None, "step": step, "by_what": by}
    cursor = control.cursor(row_factory=dict_row)
    exact, rounded = (
        cursor.execute(statement(name), given | {"within_seconds": 20.0}).fetchall()
        for name in ("control/event_report", "control/counted_report")
    )
    assert len(exact) == len(rounded) > 1
    for one, other in zip(exact, rounded, strict=True):
        for name, figure in one.items():
            if name in ("processing_seconds", "queue_seconds", "sending_seconds"):
                # Where few events lie far apart, the exact share is between two of them.
                if figure and one["sent"] > 20:
                    assert other[name] == pytest.approx(figure, rel=0.13), name
            else:
                assert other[name] == figure, name


def test_only_many_events_over_whole_days_are_reported_by_their_counts(shop: Connection, control: Connection) -> None:
    sent(shop, control)
    count_changed(control, ACCOUNT)
    days = EventFilter(since=BEGINNING, until=END)
    exact = report(control, Report(days, "day"))
    assert not any(row["is_rounded"] for row in exact)
    control.execute("update archive.counted_block set events = 100000")
    rounded = report(control, Report(days, "day"))
    assert all(row["is_rounded"] for row in rounded)
    assert [row["events"] for row in rounded] == [row["events"] for row in exact]
    without_times = report(control, Report(days, "day", within_seconds=None))
    assert [(row["sent"], row["in_time"]) for row in without_times] == [(row["sent"], None) for row in exact]
    for other in (
        Report(EventFilter(since=BEGINNING, until=BEGINNING + timedelta(days=2)), "hour"),
        Report(EventFilter(since=BEGINNING + timedelta(hours=1), until=END), "day"),
        Report(EventFilter(since=BEGINNING, until=END, address="person6@shop.example"), "day"),
    ):
        assert not any(row["is_rounded"] for row in report(control, other))
