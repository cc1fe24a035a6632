-- The fast path: one UPDATE gives thousands of events the statuses of their delivery logs.
-- Planner settings: see routing/fast_path.sql.

-- Where a set of delivery logs ends that begins after the row key (start_xid, start_id): see routing/fast_path.sql.
create or replace function message_center.end_of_logs(
    start_xid xid8, start_id bigint, high xid8, max_rows integer
) returns message_center.queue_batch
language sql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with full_set as materialized (
        select l.modified_xid, l.id
        from message_center.delivery_log as l
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid, l.id
        offset max_rows - 1
        limit 1
    )
    select max_rows, f.modified_xid, f.id from full_set as f
    union all
    (
        select null, l.modified_xid, l.id
        from message_center.delivery_log as l
        where not exists (select from full_set)
            and (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid desc, l.id desc
        limit 1
    );
end;

-- Give the events of the delivery logs between two row keys their statuses. It cannot skip what another session has
-- locked, so it gives up soon (lock_not_available) and leaves the set to the careful path.
create or replace function message_center.update_statuses_between(
    start_xid xid8, start_id bigint, last_xid xid8, last_id bigint,
    out sent integer, out ignored integer, out failed integer, out expired integer
)
language plpgsql
set lock_timeout = '50ms'
as $$
begin
    with updated as (
        update message_center.event as e set
            status = l.status,
            status_reason = coalesce(m.message, case l.status when 'Expired'
                then format('expired on %s, before it was delivered', e.expiration) end),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from message_center.delivery_log as l
        left join message_center.delivery_log_message as m on m.id = l.message_id
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and (l.modified_xid, l.id) <= (last_xid, last_id)
            and e.queue = l.queue
            and e.id = l.event_id
            and message_center.status_may_move(e.status, l.status)
        returning e.status
    )
    select
        count(*) filter (where u.status = 'Sent'),
        count(*) filter (where u.status = 'Ignored by the delivery'),
        count(*) filter (where u.status = 'Delivery failed'),
        count(*) filter (where u.status = 'Expired')
    into sent, ignored, failed, expired
    from updated as u;
end
$$;
