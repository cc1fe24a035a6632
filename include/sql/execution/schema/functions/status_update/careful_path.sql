-- The careful path: what another session has locked is skipped, at three look-ups an event.

-- Give the events of some delivery logs their statuses.
--   skipped   the logs of those that another session has locked
create or replace function message_center.update_statuses_of_logs(
    ids bigint[],
    out sent integer, out ignored integer, out failed integer, out expired integer, out skipped bigint[]
)
language plpgsql as $$
begin
    with behind as materialized (
        select l.id, l.event_id, l.queue, l.status, l.message_id
        from unnest(ids) as changed (id)
        join message_center.delivery_log as l on l.id = changed.id
        join message_center.event as e on e.queue = l.queue and e.id = l.event_id
        where message_center.status_may_move(e.status, l.status)
    ),
    locked as materialized (
        select b.*, m.message
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
        returning e.status
    )
    select
        count(*) filter (where u.status = 'Sent'),
        count(*) filter (where u.status = 'Ignored by the delivery'),
        count(*) filter (where u.status = 'Delivery failed'),
        count(*) filter (where u.status = 'Expired'),
        case when (select count(*) from behind) > (select count(*) from locked)
            then array(select b.id from behind as b except select k.id from locked as k) end
    into sent, ignored, failed, expired, skipped
    from updated as u;
end
$$;
