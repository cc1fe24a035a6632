-- The careful path: what another session has locked is skipped, at three look-ups an event.

-- Give the events of some delivery logs their statuses.
--   skipped   the logs of those that another session has locked
create or replace function message_center.update_statuses_of_logs(
    ids bigint[],
    out sent integer, out ignored integer, out failed integer, out expired integer, out skipped bigint[]
)
language plpgsql as $$
declare
    groups message_center.outcome_group[];
begin
    with behind as materialized (
        select l.id, l.event_id, l.queue, l.status, l.message_id, l.created_at as claimed_at, l.modified_at as logged_at
        from unnest(ids) as changed (id)
        join message_center.delivery_log as l on l.id = changed.id
        join message_center.event as e on e.queue = l.queue and e.id = l.event_id
        where message_center.status_may_move(e.status, l.status)
    ),
    locked as materialized (
        select b.*, m.message, e.status = 'Sent' as is_bounce
        from behind as b
        join message_center.event as e on e.queue = b.queue and e.id = b.event_id
        left join message_center.delivery_log_message as m on m.id = b.message_id
        where message_center.status_may_move(e.status, b.status)
        for no key update of e skip locked
    ),
    updated as (
        update message_center.event as e set
            status = k.status,
            status_reason = coalesce(k.message, case k.status when 'Expired'
                then format('expired on %s, before it was delivered', e.expiration) end),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from locked as k
        where e.queue = k.queue and e.id = k.event_id
        returning e.queue, e.status, k.is_bounce,
            message_center.ms_between(k.claimed_at, k.logged_at) as sending_ms,
            message_center.ms_between(greatest(e.created_at, e.scheduled), k.logged_at) as processing_ms
    )
    select array_agg(g.outcomes),
        case when (select count(*) from behind) > (select count(*) from locked)
            then array(select b.id from behind as b except select k.id from locked as k) end
    into groups, skipped
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
