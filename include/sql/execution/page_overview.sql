-- What the page shows of an execution instance at a glance. What waits for a time is counted up to a bound: no million
-- is read for a number that nobody tells from another.
with indicator as materialized (
    select * from message_center.indicators()
),
queue as (
    select q.queue,
        (
            select count(*)
            from (
                select from message_center.event as e
                where e.queue = q.queue and e.status = 'Pending' and e.process_requested_on is not null
                limit %(bound)s -- allow ordered: how many there are, whichever they are
            ) as postponed
        ) as postponed,
        (
            select jsonb_object_agg(i.indicator, i.value)
            from indicator as i
            where i.queue = q.queue::text and i.indicator in ('pending', 'oldest_pending_seconds')
        ) as now
    from unnest(enum_range(null::message_center.event_queue)) as q (queue)
)
select i.account, i.instance_identifier,
    (
        select jsonb_object_agg(q.queue, jsonb_build_object(
            'pending', q.now -> 'pending',
            'postponed', q.postponed,
            'oldest_seconds', q.now -> 'oldest_pending_seconds'
        ))
        from queue as q
    ) as queues,
    (select jsonb_object_agg(a.indicator, a.value) from indicator as a where a.queue = 'all') as indicators,
    -- The last hour, in steps of five minutes.
    (
        select coalesce(jsonb_agg(jsonb_build_object('at', c.at, 'in', c.events_in, 'out', c.sent) order by c.at), '[]')
        from (
            select c.at, sum(c.events_in) as events_in, sum(c.sent) as sent
            from message_center.curve(clock_timestamp() - interval '1 hour', clock_timestamp(), '5 minutes') as c
            group by c.at
        ) as c
    ) as hour,
    (
        select count(*)
        from (
            select from message_center.event as e
            where e.status = 'Pending delivery'
            limit %(bound)s -- allow ordered: as above
        ) as in_delivery
    ) as pending_delivery,
    (
        select coalesce(jsonb_object_agg(h.workflow, jsonb_build_object(
            'heartbeat_at', h.heartbeat_at,
            'is_live', h.heartbeat_at > clock_timestamp() - %(max_silence)s::interval
                and h.window_end > clock_timestamp() - %(grace)s::interval,
            'last_error', h.last_error,
            'last_error_at', h.last_error_at
        )), '{}')
        from message_center.workflow_heartbeat as h
    ) as heartbeats,
    (
        select coalesce(jsonb_object_agg(live.internal_name, live.version order by live.internal_name), '{}')
        from (
            select t.internal_name, max(t.version) as version
            from message_center.message_template as t
            where t.unpublished_at is null
            group by t.internal_name
        ) as live
    ) as templates,
    (
        select coalesce(jsonb_object_agg(t.name, t.stopped_reason), '{}')
        from message_center.event_type as t
        where t.stopped_at is not null
    ) as stopped
from message_center.instance as i
