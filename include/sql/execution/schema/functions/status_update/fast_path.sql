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
        -- Of all alike, which costs less than to tell them apart: see note_outcomes.
        returning e.queue, e.status, message_center.ms_between(l.created_at, l.modified_at) as sending_ms,
            message_center.ms_between(greatest(e.created_at, e.scheduled), l.modified_at) as processing_ms,
            -- As the event was: no statement sees what it does itself.
            e.status = 'Delivery failed' and exists (
                select from message_center.event as before
                where before.queue = e.queue and before.id = e.id and before.status = 'Sent') as is_bounce
    )
    select array_agg(g.outcomes) into groups
    from (
        select row(
            u.queue, u.status, u.is_bounce, message_center.time_bucket(u.sending_ms),
            message_center.time_bucket(u.processing_ms), count(*), sum(u.sending_ms), sum(u.processing_ms)
        )::message_center.outcome_group as outcomes
        from updated as u
        group by u.queue, u.status, u.is_bounce, message_center.time_bucket(u.sending_ms),
            message_center.time_bucket(u.processing_ms)
    ) as g;
    select n.sent, n.ignored, n.failed, n.expired into sent, ignored, failed, expired
    from message_center.note_outcomes(groups) as n;
end
$$;
