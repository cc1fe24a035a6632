-- The fast path: one UPDATE gives thousands of events the statuses of their delivery logs.
-- Planner settings: update_event_statuses has them for all that it calls; see routing/fast_path.sql.

-- Give the events of the delivery logs between two row keys their statuses. It cannot skip what another session has
-- locked, so it gives up soon (lock_not_available) and leaves the set to the careful path.
-- The grouping at the end stands in update_statuses_of_logs too: rows can't be handed to a function without making an
-- array of them.
create or replace function message_center.update_statuses_between(
    start_xid xid8, start_id bigint, last_xid xid8, last_id bigint,
    out sent integer, out ignored integer, out failed integer, out expired integer
)
language plpgsql
set lock_timeout = '50ms'
as $$
declare
    groups message_center.outcome_group[];
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
        returning e.queue, e.status, l.created_at as claimed_at, l.modified_at as logged_at, e.created_at, e.scheduled,
            -- As the event was: no statement sees what it does itself.
            e.status = 'Delivery failed' and exists (
                select from message_center.event as before
                where before.queue = e.queue and before.id = e.id and before.status = 'Sent') as is_bounce
    )
    select array_agg(g.outcomes) into groups
    from (
        select row(
            t.queue, t.status, t.is_bounce, message_center.time_bucket(t.sending_ms),
            message_center.time_bucket(t.processing_ms), count(*), sum(t.sending_ms), sum(t.processing_ms)
        )::message_center.outcome_group as outcomes
        from (
            select u.queue, u.status, u.is_bounce,
                case when u.status in ('Sent', 'Delivery failed') and not u.is_bounce
                    then message_center.ms_between(u.claimed_at, u.logged_at) end as sending_ms,
                case when u.status in ('Sent', 'Delivery failed') and not u.is_bounce
                    then message_center.ms_between(greatest(u.created_at, u.scheduled), u.logged_at)
                end as processing_ms
            from updated as u
            -- offset 0: each time is worked out once.
            offset 0
        ) as t
        group by t.queue, t.status, t.is_bounce, message_center.time_bucket(t.sending_ms),
            message_center.time_bucket(t.processing_ms)
    ) as g;
    select n.sent, n.ignored, n.failed, n.expired into sent, ignored, failed, expired
    from message_center.note_outcomes(groups) as n;
end
$$;
