-- Which of the events that are meant an act can take, and why not the others.
--
-- Planner settings, for all that looks for events by a filter:
--   plan_cache_mode = force_custom_plan   the filter is a constant in the plan, and what it leaves open falls away
--   enable_seqscan = off                  PostgreSQL takes a BRIN index on an expression for one that leaves nothing
--                                         out, and read 400,000 events (270 ms) instead of 2,800 (7 ms)
--   jit = off                             see docs/decisions.md

-- Why an act cannot take an event; null when it can.
--   scheduled   reschedule: the new time
create or replace function message_center.act_refusal_reason(
    kind message_center.act_kind, event message_center.event, scheduled timestamptz
) returns text
language sql stable
return case kind
    when 'replay' then case
        when event.status in ('Pending', 'Pending delivery')
            then format('it is still "%s": wait for its end, or cancel it first', event.status)
        when 'erased' in (event.email, event.mobile_phone, event.registration_token)
            then 'its person was erased'
    end
    else case
        when event.status <> 'Pending' then
            format('it is "%s" already, no more in the queue', event.status)
        when kind = 'reschedule' and event.expiration <= coalesce(scheduled, now())
            then format('it expires on %s, before that', event.expiration)
    end
end;

-- Whether an act takes an event. For what is in the queue both of its indexes are named, so that they are used.
create or replace function message_center.act_takes(
    kind message_center.act_kind, event message_center.event, wanted message_center.event_filter, scheduled timestamptz
) returns boolean
language sql stable
return message_center.event_matches(event, wanted)
    and (
        kind = 'replay'
        or (event.status = 'Pending' and event.process_requested_on is null)
        or (event.status = 'Pending' and event.process_requested_on is not null)
    )
    and message_center.act_refusal_reason(kind, event, scheduled) is null;

-- How many events a filter means, and how many of them each act would take; before anything is done.
--   replayed_before   those of the replayable that an act has replayed before
create or replace function message_center.count_events(filter jsonb)
returns table (matching bigint, replayable bigint, replayed_before bigint, pending bigint)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    wanted constant message_center.event_filter := message_center.event_filter_of(filter);
begin
    return query
    select count(*),
        count(*) filter (where m.is_replayable),
        count(*) filter (where m.is_replayable and exists (
            select from message_center.operator_act_event as a
            where a.event_id = m.id and a.new_event_id is not null)),
        count(*) filter (where m.status = 'Pending')
    from (
        select e.id, e.status, message_center.act_refusal_reason('replay', e, null) is null as is_replayable
        from message_center.event as e
        where message_center.event_matches(e, wanted)
    ) as m;
end
$$;

-- The events that an act named by their ids and did not take, each with the reason, as things are now.
create or replace function message_center.refused_events(act uuid) returns table (event_id bigint, reason text)
language sql stable
begin atomic
    select named.id, coalesce(taken.refused,
        case when e.id is null then 'there is no such event on this instance'
            else message_center.act_refusal_reason(a.kind, e, a.scheduled) end)
    from message_center.operator_act as a
    cross join lateral unnest((message_center.event_filter_of(a.filter)).ids) as named (id)
    left join message_center.operator_act_event as taken on taken.act = a.act and taken.event_id = named.id
    left join message_center.event as e on e.id = named.id
    where a.act = refused_events.act and (taken.act is null or taken.refused is not null)
    order by named.id;
end;
