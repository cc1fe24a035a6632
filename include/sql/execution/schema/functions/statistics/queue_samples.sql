-- Looks at a queue: how much is pending, and for how long. A window looks with each heartbeat.
-- Planner settings: see routing/fast_path.sql.

-- What is pending after a place in a queue, and since when the oldest of it has waited. What is scheduled for later is
-- not, what waits for another try is. Exact up to 20,000 events; of a longer queue the ids say how long it is, which
-- are given in a row. Of what waits for a time, 20,000 are looked at.
create or replace function message_center.look_at_queue(
    wanted_queue message_center.event_queue, after_xid xid8, after_id bigint, due_after timestamptz,
    out pending bigint, out waiting_since timestamptz
)
language sql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with fresh as materialized (
        select e.id, e.created_at
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (after_xid, after_id)
        order by e.modified_xid, e.id
        limit 20000
    ),
    counted as materialized (
        select count(*) as events, min(f.id) as first_id, max(f.id) as last_id, min(f.created_at) as oldest
        from fresh as f
    ),
    newest as materialized (
        select e.id
        from message_center.event as e
        where (select c.events from counted as c) = 20000
            and e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
        order by e.modified_xid desc, e.id desc
        limit 1
    ),
    waiting as materialized (
        select e.created_at, e.scheduled
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on > due_after
            and e.process_requested_on <= clock_timestamp() + interval '1 hour'
        order by e.process_requested_on, e.id
        limit 20000
    ),
    held_up as (
        select count(*) as events, min(greatest(w.created_at, w.scheduled)) as oldest
        from waiting as w
        where w.scheduled is null or w.scheduled <= clock_timestamp()
    )
    select
        greatest(c.events, (
            select round(c.events::float8 * (n.id - c.first_id) / nullif(c.last_id - c.first_id, 0)) from newest as n
        ))::bigint + h.events,
        least(c.oldest, h.oldest)
    from counted as c
    cross join held_up as h;
end;

-- Look at a queue from where this session stands in it: not from its head, where dead index entries gather. It is noted
-- in minutes in which something happened: a queue that stays empty leaves no rows.
create or replace function message_center.sample_queue(wanted_queue message_center.event_queue) returns void
language sql
begin atomic
    with look as materialized (
        select looked.pending, looked.waiting_since, clock_timestamp() as sampled_at, coalesce((
            select s.pending from message_center.queue_sample as s
            where s.queue = wanted_queue and s.sampled_at > clock_timestamp() - interval '15 seconds'
        ), looked.pending) as pending_before
        from message_center.load_cursor(message_center.cursor_name(wanted_queue::text)) as cursor
        cross join lateral message_center.look_at_queue(
            wanted_queue,
            case when cursor.passing is null
                then coalesce(pg_snapshot_xmax(cursor.seen), '0') else cursor.after_xid end,
            case when cursor.passing is null then 0 else cursor.after_id end,
            cursor.due_at) as looked
    ),
    latest as (
        insert into message_center.queue_sample (queue, pending, waiting_since, sampled_at)
        select wanted_queue, l.pending, l.waiting_since, l.sampled_at from look as l
        on conflict (queue) do update set
            (pending, waiting_since, sampled_at) = row(excluded.pending, excluded.waiting_since, excluded.sampled_at)
    )
    insert into message_center.statistic_step (
        minute, queue, pending_most, pending_least, pending_sum, samples, oldest_ms)
    select date_trunc('minute', l.sampled_at), wanted_queue, l.pending, least(l.pending, l.pending_before),
        l.pending, 1, message_center.ms_between(l.waiting_since, l.sampled_at)
    from look as l
    where l.pending > 0
        or l.pending_before > 0
        or exists (
            select from message_center.statistic_parts(date_trunc('minute', l.sampled_at)) as p
            where p.queue = wanted_queue);
end;

-- The same for queues that no window has looked at lately: nobody works them, and whoever supervises does it.
create or replace function message_center.sample_idle_queues() returns void
language sql
begin atomic
    select message_center.sample_queue(q.queue)
    from unnest(enum_range(null::message_center.event_queue)) as q (queue)
    where not exists (
        select from message_center.queue_sample as s
        where s.queue = q.queue and s.sampled_at > clock_timestamp() - interval '30 seconds'
    );
end;
