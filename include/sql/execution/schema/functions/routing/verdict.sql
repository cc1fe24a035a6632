-- What routing makes of an event, given its template: null where there is none, with_care() where the careful path must
-- find it.

create or replace function message_center.routed_status(
    expiration timestamptz, now_at timestamptz, template_id bigint
) returns message_center.event_status
language sql immutable
return case
    when expiration <= now_at then 'Expired'::message_center.event_status
    when template_id is null then 'Event not taken into account'::message_center.event_status
    when template_id = message_center.with_care() then 'Pending'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

create or replace function message_center.routing_reason(
    routes jsonb, expiration timestamptz, now_at timestamptz, template_id bigint,
    event_type text, wished_channel smallint, wanted_queue message_center.event_queue
) returns text
language sql stable
return case
    when expiration <= now_at then format('expired on %s, before it was processed', expiration)
    when template_id is not null then null
    when not routes ? ('type:' || event_type) then format('unknown event type "%s"', event_type)
    when routes ->> ('type:' || event_type) <> '' then
        message_center.reason_of_stop(event_type, routes ->> ('type:' || event_type))
    else
        format('no published message template for event type "%s", channel %s, in the %s queue',
            event_type, wished_channel, wanted_queue)
end;

-- What a step did, from the groups of events that it routed.
--   claimed   how many it had in hand, if not just these
create or replace function message_center.routing_step_of(
    groups message_center.routing_group[], last_xid xid8, last_id bigint, claimed integer default null
) returns message_center.routing_step
language sql
begin atomic
    select
        coalesce(claimed, sum(g.events)),
        sum(g.events) filter (where g.status = 'Pending delivery'),
        sum(g.events) filter (where g.status = 'Event not taken into account'),
        sum(g.events) filter (where g.status = 'Expired'),
        coalesce(claimed - coalesce(sum(g.events), 0), 0),
        (
            select jsonb_object_agg(t.bucket, t.events)
            from (
                select q.bucket, sum(q.events) as events
                from unnest(groups) as q
                where q.status = 'Pending delivery'
                group by q.bucket
            ) as t
        ),
        max(g.slowest_ms),
        last_xid,
        last_id,
        (
            select jsonb_object_agg(a.minute, a.events)
            from (
                select m.minute, sum(m.events) as events
                from unnest(groups) as m
                where m.minute is not null
                group by m.minute
            ) as a
        ),
        sum(g.queue_ms) filter (where g.status = 'Pending delivery')
    from unnest(groups) as g;
end;

-- How an event's queue time is counted.
create or replace function message_center.queue_ms(
    processed_at timestamptz, process_requested_on timestamptz, created_at timestamptz
) returns float8
language sql immutable
return message_center.ms_between(coalesce(process_requested_on, created_at), processed_at);

create or replace function message_center.queue_time_bucket(queue_ms float8) returns integer
language sql immutable
return message_center.time_bucket(queue_ms);
