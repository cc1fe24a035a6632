"""What statistics have to be, worked out anew from the events and delivery logs."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

Connection = psycopg.Connection[Any]

NOTED = """
    select queue::text, sum(events_in) as events_in, sum(routed) as routed,
        sum(not_taken_into_account) as not_taken_into_account, sum(expired) as expired, sum(ignored) as ignored,
        sum(sent) - sum(bounced) as sent, sum(failed) + sum(bounced) as failed
    from message_center.statistic_parts('-infinity') group by queue
"""
RECOMPUTED = """
    select queue::text, count(*) as events_in,
        count(*) filter (where template_id is not null
            and (status <> 'Expired' or status_reason not like '%before it was processed')) as routed,
        count(*) filter (where status = 'Event not taken into account') as not_taken_into_account,
        count(*) filter (where status = 'Expired') as expired,
        count(*) filter (where status = 'Ignored by the delivery') as ignored,
        count(*) filter (where status = 'Sent') as sent,
        count(*) filter (where status = 'Delivery failed') as failed
    from message_center.event group by queue
"""
ARRIVED = """
    select queue::text, date_trunc('minute', created_at), count(*) from message_center.event group by 1, 2 order by 1, 2
"""
NOTED_ARRIVALS = """
    select queue::text, minute, sum(events_in)::bigint from message_center.statistic_parts('-infinity')
    group by 1, 2 having sum(events_in) > 0 order by 1, 2
"""
BUCKET = "floor(20 * log(greatest(1e6 * extract(epoch from {}), 1)))::integer"
NOTED_TIMES = """
    select (select jsonb_object_agg(b.key, b.n) from (
        select each.key, sum(each.value::bigint) as n
        from message_center.statistic_parts('-infinity'), jsonb_each_text({}_times) as each
        group by each.key
    ) as b)
"""
SENDING_TIMES = f"""
    select jsonb_object_agg(bucket, n) from (
        select {BUCKET.format("modified_at - created_at")} as bucket, count(*) as n
        from message_center.delivery_log where status in ('Sent', 'Delivery failed') group by 1
    ) as b
"""
PROCESSING_TIMES = f"""
    select jsonb_object_agg(bucket, n) from (
        select {BUCKET.format("l.modified_at - greatest(e.created_at, e.scheduled)")} as bucket, count(*) as n
        from message_center.delivery_log as l join message_center.event as e on e.id = l.event_id
        where l.status in ('Sent', 'Delivery failed') group by 1
    ) as b
"""
QUEUE_TIMES = f"""
    select jsonb_object_agg(bucket, n) from (
        select {BUCKET.format("processed_at - created_at")} as bucket, count(*) as n
        from message_center.event where template_id is not null and error_count = 0 and scheduled is null group by 1
    ) as b
"""


def by_queue(connection: Connection, query: str) -> dict[str, dict[str, Any]]:
    """Return what a query says of each queue."""
    rows = connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()
    return {row.pop("queue"): {name: int(number) for name, number in row.items()} for row in rows}


def check_counts(connection: Connection) -> None:
    """Check that what was noted is what became of the events, all of which have been looked at."""
    assert by_queue(connection, NOTED) == by_queue(connection, RECOMPUTED)
    arrived = connection.execute(ARRIVED).fetchall()
    assert connection.execute(NOTED_ARRIVALS).fetchall() == arrived


def value(connection: Connection, query: str) -> Any:
    """Return the one value of a query."""
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def indicators(connection: Connection, queue: str = "all") -> dict[str, float | None]:
    """Return the indicators of a queue, or of both."""
    query = "select indicator, value from message_center.indicators() where queue = %s"
    return dict(connection.execute(query, [queue]).fetchall())
