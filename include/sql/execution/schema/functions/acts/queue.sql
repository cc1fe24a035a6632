-- Acts on what is in the queue. Windows work beside them: an event that one of them takes first is not taken here.

-- What is for now is counted as come in by the window that sees it first. So what no window will see is counted here,
-- before it is changed; and what goes back to those that are for now, and will be counted again, is taken off.
create or replace function message_center.note_arrivals(ids bigint[], will_be_for_now boolean) returns void
language sql
begin atomic
    insert into message_center.statistic_step (minute, queue, events_in)
    select date_trunc('minute', e.created_at), e.queue, case when will_be_for_now then -count(*) else count(*) end
    from message_center.event as e
    where e.id = any (ids)
        and e.status = 'Pending'
        and (e.process_requested_on is null) <> will_be_for_now
    group by 1, 2;
end;

-- Take pending events out of the queue. Asked again with the same id while `more` is true, it goes on.
--   act            an id that the caller gives it
--   filter         which events: see event_filter_of
--   done, total    how many this call took, and all calls together
create or replace function message_center.cancel_events(
    act uuid, requested_by text, reason text, filter jsonb, max_events integer default 1000,
    out done integer, out total bigint, out more boolean
)
language plpgsql
set lock_timeout = '2s'
as $$
declare
    this constant message_center.operator_act :=
        message_center.begin_act('cancel', act, requested_by, reason, filter, null);
    ids constant bigint[] := message_center.next_of_act(
        this, message_center.event_filter_of(filter), least(max_events, 10000));
    cancelled bigint[];
begin
    perform message_center.note_arrivals(ids, will_be_for_now => false);
    with changed as (
        update message_center.event as e set
            status = 'Event not taken into account',
            status_reason = format('cancelled by %s: %s', this.requested_by, this.reason),
            processed_at = clock_timestamp()
        where e.id = any (ids) and e.status = 'Pending'
        returning e.id, e.queue
    ),
    counted as (
        select c.queue, array_agg(c.id) as ids from changed as c group by c.queue
    )
    select array_agg(one.id) into cancelled
    from counted as c
    cross join lateral message_center.note_ended(
        c.queue, 'Event not taken into account', cardinality(c.ids)) as noted
    cross join lateral unnest(c.ids) as one (id);
    insert into message_center.operator_act_event (act, event_id)
    select this.act, c.id from unnest(cancelled) as c (id);
    select p.done, p.total, p.more into done, total, more
    from message_center.note_pass(this, ids, coalesce(cardinality(cancelled), 0)) as p;
end
$$;

-- Move the time from which pending events are processed; empty or past: now.
create or replace function message_center.reschedule_events(
    act uuid, requested_by text, reason text, filter jsonb, scheduled timestamptz, max_events integer default 1000,
    out done integer, out total bigint, out more boolean
)
language plpgsql
set lock_timeout = '2s'
as $$
declare
    this constant message_center.operator_act :=
        message_center.begin_act('reschedule', act, requested_by, reason, filter, scheduled);
    ids constant bigint[] := message_center.next_of_act(
        this, message_center.event_filter_of(filter), least(max_events, 10000));
    later constant timestamptz := case when this.scheduled > clock_timestamp() then this.scheduled end;
    moved bigint[];
begin
    perform message_center.note_arrivals(ids, will_be_for_now => later is null);
    with changed as (
        update message_center.event as e set
            scheduled = coalesce(later, clock_timestamp()),
            -- Now: as what has just come in. A time that is past by the commit may be passed over: see route_come_due.
            process_requested_on = later,
            status_reason = 'moved to ' || later || ' by ' || this.requested_by || ': ' || this.reason
        where e.id = any (ids) and e.status = 'Pending'
        returning e.id
    )
    select array_agg(c.id) into moved from changed as c;
    insert into message_center.operator_act_event (act, event_id)
    select this.act, m.id from unnest(moved) as m (id);
    perform message_center.wake_up('rtEventsProcessing');
    perform message_center.wake_up('batchEventsProcessing');
    select p.done, p.total, p.more into done, total, more
    from message_center.note_pass(this, ids, coalesce(cardinality(moved), 0)) as p;
end
$$;
