-- What becomes of events that cannot be routed or sent in time.

-- Postpone an event that could not be routed, with growing waits; after max_tries it expires.
create or replace function message_center.postpone_event(
    wanted_queue message_center.event_queue, event_id bigint, reason text
) returns void
language sql
begin atomic
    with postponed as (
        update message_center.event as e set
            error_count = e.error_count + 1,
            status = case when e.error_count + 1 >= i.max_tries then 'Expired' else e.status end,
            status_reason = case when e.error_count + 1 >= i.max_tries
                then format('given up after %s tries: %s', e.error_count + 1, reason) else reason end,
            process_requested_on = least(
                clock_timestamp() + message_center.growing_wait(e.error_count), e.expiration)
        from message_center.instance as i
        where e.queue = wanted_queue and e.id = event_id and e.status = 'Pending'
        returning e.status
    )
    insert into message_center.statistic_step (minute, queue, expired, postponed)
    select message_center.this_minute(), wanted_queue, (p.status = 'Expired')::integer, (p.status = 'Pending')::integer
    from postponed as p;
end;

-- Events whose template is linked but which no engine has taken before their date. A claimed one is settled by
-- claim_deliveries, through its delivery log.
create or replace function message_center.expire_events(wanted_queue message_center.event_queue) returns integer
language sql
begin atomic
    with late as (
        select e.id
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending delivery'
            and e.expiration <= clock_timestamp()
            and not exists (select from message_center.delivery_log as l where l.event_id = e.id)
        order by e.expiration, e.id
        limit 1000
        for update skip locked
    ),
    expired as (
        update message_center.event as e set
            status = 'Expired',
            status_reason = format('expired on %s, before it was delivered', e.expiration)
        from late
        where e.queue = wanted_queue and e.id = late.id
        returning 1
    )
    select counted.events
    from (select count(*)::integer as events from expired) as counted
    cross join lateral message_center.note_ended(wanted_queue, 'Expired', counted.events) as noted;
end;
