-- What the steps of the work note of themselves, each in its own transaction: see tables/statistic.sql.

create or replace function message_center.this_minute() returns timestamptz
language sql volatile
return date_trunc('minute', clock_timestamp());

-- Of some claimed events, those that nobody has looked at yet, by the minute in which they were pushed.
create or replace function message_center.arrivals_of(wanted_queue message_center.event_queue, ids bigint[])
returns jsonb
language sql
-- Planner settings: see routing/fast_path.sql.
set enable_seqscan = off
begin atomic
    select jsonb_object_agg(a.minute, a.events)
    from (
        select floor(date_part('epoch', e.created_at) / 60) as minute, count(*) as events
        from unnest(ids) as claimed (id)
        join message_center.event as e on e.queue = wanted_queue and e.id = claimed.id
        where e.process_requested_on is null
        group by 1
    ) as a;
end;

-- A step of routing: what it did, in the minute in which it began, and what it saw first, in that of the push.
create or replace function message_center.note_routing(
    wanted_queue message_center.event_queue, step message_center.routing_step, began_at timestamptz
) returns void
language sql
begin atomic
    insert into message_center.statistic_step (
        minute, queue, routed, not_taken_into_account, expired, queue_times, queue_ms, pending_most, oldest_ms)
    values (
        date_trunc('minute', began_at), wanted_queue, coalesce(step.routed, 0),
        coalesce(step.not_taken_into_account, 0), coalesce(step.expired, 0), step.queue_times, step.queue_ms,
        step.claimed, step.slowest_ms);

    insert into message_center.statistic_step (minute, queue, events_in)
    select to_timestamp(60 * arrival.minute::bigint), wanted_queue, arrival.events::bigint
    from jsonb_each_text(step.arrivals) as arrival (minute, events);
end;

-- Events of a queue that came to their end without an engine. To be called by whoever gives them such a status.
create or replace function message_center.note_ended(
    wanted_queue message_center.event_queue, status message_center.event_status, events bigint
) returns void
language sql
begin atomic
    insert into message_center.statistic_step (minute, queue, expired, ignored, not_taken_into_account)
    select message_center.this_minute(), wanted_queue,
        case status when 'Expired' then events else 0 end,
        case status when 'Ignored by the delivery' then events else 0 end,
        case status when 'Event not taken into account' then events else 0 end
    where events > 0;
end;

-- Whether an outcome has times: of what was sent or failed, and not of a bounce, which was sent before.
create or replace function message_center.is_timed(outcomes message_center.outcome_group) returns boolean
language sql immutable
return outcomes.status in ('Sent', 'Delivery failed') and not outcomes.is_bounce;

-- A step of updateEventStatus, or what else ends events; returns how many got which status.
create or replace function message_center.note_outcomes(
    groups message_center.outcome_group[],
    out sent integer, out ignored integer, out failed integer, out expired integer
)
language sql
begin atomic
    insert into message_center.statistic_step (
        minute, queue, sent, ignored, failed, bounced, expired, not_taken_into_account,
        sending_times, sending_ms, processing_times, processing_ms)
    select message_center.this_minute(), g.queue,
        coalesce(sum(g.events) filter (where g.status = 'Sent'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Ignored by the delivery'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Delivery failed' and not g.is_bounce), 0),
        coalesce(sum(g.events) filter (where g.is_bounce), 0),
        coalesce(sum(g.events) filter (where g.status = 'Expired'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Event not taken into account'), 0),
        (
            select jsonb_object_agg(b.bucket, b.events)
            from (
                select s.sending_bucket as bucket, sum(s.events) as events
                from unnest(groups) as s
                where s.queue = g.queue and s.sending_bucket is not null and message_center.is_timed(s)
                group by s.sending_bucket
            ) as b
        ),
        sum(g.sending_ms) filter (where message_center.is_timed(g)),
        (
            select jsonb_object_agg(b.bucket, b.events)
            from (
                select p.processing_bucket as bucket, sum(p.events) as events
                from unnest(groups) as p
                where p.queue = g.queue and p.processing_bucket is not null and message_center.is_timed(p)
                group by p.processing_bucket
            ) as b
        ),
        sum(g.processing_ms) filter (where message_center.is_timed(g))
    from unnest(groups) as g
    group by g.queue;

    select
        coalesce(sum(g.events) filter (where g.status = 'Sent'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Ignored by the delivery'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Delivery failed'), 0),
        coalesce(sum(g.events) filter (where g.status = 'Expired'), 0)
    from unnest(groups) as g;
end;

-- Of some events that have just been pushed, those that are for later.
create or replace function message_center.note_scheduled(
    wanted_queue message_center.event_queue, pushed message_center.pushed_event[]
) returns void
language sql
begin atomic
    insert into message_center.statistic_step (minute, queue, events_in)
    select message_center.this_minute(), wanted_queue, count(*)
    from unnest(pushed) as p
    join message_center.event as e on e.id = p.id and e.queue = wanted_queue
    where not p.is_known and e.process_requested_on is not null
    having count(*) > 0;
end;
