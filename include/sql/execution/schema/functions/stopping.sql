-- The kill switch of an event type: nothing of it is routed or sent any more, whatever has been routed already.

create or replace function message_center.reason_of_stop(event_type text, stopped_reason text) returns text
language sql immutable
return 'event type "' || event_type || '" is stopped: ' || stopped_reason;

-- Routing and claiming look at the switch themselves; what is routed and nobody's yet, ignore_stopped_events ends.
create or replace function message_center.stop_event_type(event_type text, reason text) returns void
language plpgsql as $$
declare
    wanted alias for event_type;
begin
    -- Whoever knows the type or not: stopping must not have to wait for a publication.
    insert into message_center.event_type as y (name, stopped_at, stopped_reason)
    values (wanted, clock_timestamp(), reason)
    on conflict (name) do update set
        stopped_at = coalesce(y.stopped_at, excluded.stopped_at),
        stopped_reason = excluded.stopped_reason;
end
$$;

create or replace function message_center.resume_event_type(event_type text) returns void
language sql
begin atomic
    update message_center.event_type as y
    set stopped_at = null, stopped_reason = null
    where y.name = event_type;
end;

-- End what is routed but in no engine's hands. An engine's claims end through their delivery logs.
create or replace function message_center.ignore_stopped_events() returns integer
language sql
begin atomic
    with routed as (
        select e.id, e.queue, message_center.reason_of_stop(y.name, y.stopped_reason) as reason
        from message_center.event as e
        join message_center.event_type as y on y.name = e.type
        where e.status = 'Pending delivery'
            and y.stopped_at is not null
            and exists (select from message_center.event_type as any_type where any_type.stopped_at is not null)
            and not exists (select from message_center.delivery_log as l where l.event_id = e.id)
        for no key update of e skip locked
    ),
    ignored as (
        update message_center.event as e set
            status = 'Ignored by the delivery',
            status_reason = routed.reason
        from routed
        where e.queue = routed.queue and e.id = routed.id
        returning e.queue
    ),
    counted as (
        select i.queue, count(*) as events from ignored as i group by i.queue
    )
    select coalesce(sum(c.events), 0)::integer
    from counted as c
    cross join lateral message_center.note_ended(c.queue, 'Ignored by the delivery', c.events) as noted;
end;

-- What an engine asks, for what it has in hand.
create or replace function message_center.stopped_event_types() returns table (event_type text, reason text)
language sql stable
begin atomic
    select y.name, message_center.reason_of_stop(y.name, y.stopped_reason)
    from message_center.event_type as y
    where y.stopped_at is not null;
end;
