-- Who may enter through the doors, and how much of the last events each has pushed: all of them would be read for long.
-- Null is who signs in to the instance itself: senders of SQL, and files.
with recent as (
    select e.caller, e.created_at
    from message_center.event as e
    order by e.id desc
    limit %(bound)s
),
pushed as (
    select r.caller, count(*) as events, max(r.created_at) as last_at
    from recent as r
    group by r.caller
)
select coalesce(c.name, p.caller) as name, c.name is not null as may_enter, c.may, c.event_types,
    c.queues::text[] as queues, c.max_events_per_second, c.created_at, coalesce(p.events, 0) as events,
    p.last_at as last_push_at,
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', k.id, 'good_until', case when k.expires_at < '9999-12-31' then k.expires_at end
        ) order by k.created_at), '[]')
        from message_center.caller_key as k
        where k.caller = c.name and not k.is_session
            and (k.expires_at is null or k.expires_at > clock_timestamp())
    ) as keys
from message_center.caller as c
full join pushed as p on p.caller = c.name
order by c.name is null, name nulls last
