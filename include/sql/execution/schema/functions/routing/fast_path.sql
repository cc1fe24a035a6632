-- The fast path: one UPDATE takes thousands of events whose template is a look-up.
--
-- Planner settings, here and wherever they stand: a queue holds nothing or a million rows from one second to the
-- next, so no estimate of it holds, and a plan chosen by one is wrong the next time.
--   enable_seqscan = off                        the index, even where the planner takes the table for empty
--   enable_hashjoin, enable_mergejoin = off     row by row from the set at hand: both would read the whole table for it
--   enable_material = off                       and so would this, if the table was empty when the plan was made: a new
--                                               instance's claims took ten times as long, until its first ANALYZE
--   plan_cache_mode = force_generic_plan        one plan a session: planning costs more than a small step itself
--   jit = off                                   see docs/decisions.md

-- Where a batch ends that begins after the row key (start_xid, start_id). Both searches walk the queue's index, in
-- opposite directions, and the second one only where the first found no row.
--
--        start                                   high
--          |  x  x  x  x  x  x  x  x  x  x  x  x  |          x: pending
--              forward: the max_events-th -->  if there is one: a full batch, claimed = max_events
--                       the last  <-- backward   else the last row, whichever it is; claimed stays empty
--
-- The result has a type of its own: PostgreSQL 18 plans a SQL function that returns a record anew in each transaction.
create or replace function message_center.batch_end(
    wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer
) returns message_center.queue_batch
language sql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with full_batch as materialized (
        select e.modified_xid, e.id
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        offset max_events - 1
        limit 1
    )
    select max_events, f.modified_xid, f.id from full_batch as f
    union all
    (
        select null, e.modified_xid, e.id
        from message_center.event as e
        where not exists (select from full_batch)
            and e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid desc, e.id desc
        limit 1
    );
end;

-- Route what is pending between two row keys. It cannot skip what another session has locked, so it gives up soon
-- (lock_not_available) and leaves the set to the careful path.
-- The grouping at the end stands in route_set too: rows can't be handed to a function without making an array of them.
create or replace function message_center.route_range(
    wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, last_xid xid8, last_id bigint,
    routes jsonb, now_at timestamptz
) returns message_center.routing_step
language sql
set lock_timeout = '50ms'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with routed as (
        update message_center.event as e set
            (template_id, status, status_reason, process_requested_on) = (
                select nullif(t.id, message_center.with_care()),
                    message_center.routed_status(e.expiration, now_at, t.id),
                    message_center.routing_reason(
                        routes, e.expiration, now_at, t.id, e.type, e.wished_channel, wanted_queue),
                    case t.id when message_center.with_care() then clock_timestamp() end
                from (
                    select message_center.template_for(routes, e.type, e.wished_channel, e.language) as id
                    -- offset 0: look each event's template up once, not once for each column.
                    offset 0
                ) as t
            ),
            processed_at = clock_timestamp(),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and (e.modified_xid, e.id) <= (last_xid, last_id)
        -- Moved to now by somebody, it has waited since then.
        returning e.status,
            message_center.queue_ms(e.processed_at, null, greatest(e.created_at, e.scheduled)) as queue_ms,
            -- date_bin and not date_trunc, which takes four times as long.
            date_bin('1 minute', e.created_at, '2000-01-01 00:00:00+00') as minute
    )
    select message_center.routing_step_of(array_agg(g.events), last_xid, last_id)
    from (
        select row(
            r.status, message_center.queue_time_bucket(r.queue_ms), date_part('epoch', r.minute) / 60, count(*),
            max(r.queue_ms), sum(r.queue_ms)
        )::message_center.routing_group as events
        from routed as r
        group by r.status, message_center.queue_time_bucket(r.queue_ms), r.minute
    ) as g;
end;
