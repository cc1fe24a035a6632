-- The contract with delivery engines, second half: log what became of claimed events.

-- The outcomes as they will be logged, each with the reason for which it is refused, if it is. Their delivery logs
-- are locked already. A try again becomes a failure where the tries are spent.
create or replace function message_center.judge_outcomes(writer text, outcomes json)
returns message_center.delivery_outcome[]
language plpgsql as $$
begin
    return array(
        select row(
            o.position, o.event_id,
            case when o.status = 'Pending delivery' and o.failure_type is not null and l.tries >= i.max_delivery_tries
                then 'Delivery failed' else o.status end,
            o.failure_type, coalesce(o.failure_reason, 0), o.message,
            coalesce(o.quarantine, o.failure_type = 'hard', false),
            case
                when l.event_id is null then 'the event was not claimed'
                when o.event_id = lag(o.event_id) over (partition by o.event_id order by o.position)
                    then 'the event has another outcome in this call'
                when o.status is null or o.status in ('Pending', 'Event not taken into account', 'Expired')
                    then 'status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery'
                when o.status in ('Ignored by the delivery', 'Delivery failed')
                    and (o.failure_type is null or o.message is null) then 'failure_type or message is missing'
                when l.status = 'Sent' and o.status = 'Delivery failed' then null
                when l.status <> 'Pending delivery' then format('the event is already "%s"', l.status)
                when l.engine is distinct from writer then format('the event is leased to %s', l.engine)
            end
        )::message_center.delivery_outcome
        from (
            select n.position::integer, r.*
            from json_array_elements(outcomes) with ordinality as n (outcome, position)
            cross join lateral json_to_record(n.outcome) as r (
                event_id bigint, status message_center.event_status, failure_type message_center.failure_type,
                failure_reason smallint, message text, quarantine boolean)
        ) as o
        left join message_center.delivery_log as l on l.event_id = o.event_id
        cross join message_center.instance as i
        order by o.event_id, o.position
    );
end
$$;

-- Log a set of outcomes: an array of
--   {"event_id", "status", "failure_type", "failure_reason", "message", "quarantine"}.
-- status: Sent, Ignored by the delivery, Delivery failed, or Pending delivery: try again later. With a failure_type
-- that counts as a try, with growing waits up to max_delivery_tries; without one the event is given back as it was
-- (the engine's own trouble). A message that was sent may fail later: a bounce.
-- Returns the outcomes that were refused; the others are logged.
create or replace function message_center.log_deliveries(engine text, outcomes json)
returns table ("position" integer, event_id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    judged message_center.delivery_outcome[];
begin
    perform message_center.notice_restore();

    -- In the order of the events, so that two engines never lock each other out.
    perform from message_center.delivery_log as l
    where l.event_id in (select (o ->> 'event_id')::bigint from json_array_elements(outcomes) as o)
    order by l.event_id
    for update;

    judged := message_center.judge_outcomes(engine, outcomes);

    update message_center.delivery_log as l set
        status = o.status,
        message_id = case when o.failure_type is not null
            then message_center.qualification(o.failure_type, o.failure_reason, coalesce(o.message, '')) end,
        tries = case when o.status = 'Pending delivery' and o.failure_type is null
            then greatest(l.tries - 1, 0) else l.tries end,
        retry_at = case when o.status = 'Pending delivery' then clock_timestamp()
            + case when o.failure_type is null then interval '5 seconds'
                else least(interval '10 seconds' * 2 ^ (l.tries - 1), interval '1 hour') end
        end,
        modified_at = clock_timestamp(),
        modified_xid = pg_current_xact_id()
    from unnest(judged) as o
    where l.event_id = o.event_id and o.refused is null;

    insert into message_center.quarantine (wished_channel, address, message_id)
    select distinct on (l.wished_channel, form.address) l.wished_channel, form.address, l.message_id
    from unnest(judged) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    cross join lateral message_center.quarantine_form(l.wished_channel, l.address) as form (address)
    where o.refused is null and o.quarantine and l.status = 'Delivery failed'
    order by l.wished_channel, form.address
    on conflict (wished_channel, address) do nothing;

    perform message_center.wake_up('updateEventStatus');

    return query select o.position, o.event_id, o.refused from unnest(judged) as o
    where o.refused is not null order by o.position;
end
$$;
