-- The fast path: one UPDATE gives thousands of events the statuses of their delivery logs.
-- Planner settings: update_event_statuses has them for all that it calls; see routing/fast_path.sql.

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
