-- What the page shows of an execution instance at a glance. Each is counted up to a bound: a backlog of millions is not
-- read for a number that nobody tells from another.
with queue as (
    select q.queue,
        (
            select count(*)
            from (
                select from message_center.event as e
                where e.queue = q.queue and e.status = 'Pending' and e.process_requested_on is null
                limit %(bound)s -- allow ordered: how many there are, whichever they are
            ) as pending
        ) as pending,
        (
            select count(*)
            from (
                select from message_center.event as e
                where e.queue = q.queue and e.status = 'Pending' and e.process_requested_on is not null
                limit %(bound)s -- allow ordered: how many there are, whichever they are
            ) as postponed
        ) as postponed,
        -- The one that has been visible for longest; one that was postponed since is looked at in its own time.
        (
            select extract(epoch from clock_timestamp() - e.created_at)
            from message_center.event as e
            where e.queue = q.queue and e.status = 'Pending' and e.process_requested_on is null
            order by e.modified_xid, e.id
            limit 1
        ) as oldest_seconds
    from unnest(enum_range(null::message_center.event_queue)) as q (queue)
)
select i.account, i.instance_identifier,
    (select jsonb_object_agg(q.queue, to_jsonb(q) - 'queue') from queue as q) as queues,
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
