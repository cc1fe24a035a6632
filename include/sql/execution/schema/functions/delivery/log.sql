-- The contract with delivery engines, second half: log what became of claimed events.

-- Why an outcome cannot be read; null when it can. What is left to judge depends on the event's delivery log.
create or replace function message_center.outcome_refusal_reason(outcome jsonb) returns text
language sql stable
return case
    when jsonb_typeof(outcome) <> 'object' then 'an outcome is a JSON object, not ' || jsonb_typeof(outcome)
    when outcome ->> 'event_id' is null then 'event_id is missing'
    when message_center.event_id_of(outcome) is null then 'event_id is not the id of an event'
    when coalesce(outcome ->> 'status', '')
        not in ('Sent', 'Ignored by the delivery', 'Delivery failed', 'Pending delivery')
        then 'status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery'
    when outcome ->> 'failure_type' not in ('soft', 'hard', 'ignored')
        then 'failure_type is none of soft, hard, ignored'
    when not pg_input_is_valid(outcome ->> 'failure_reason', 'smallint') then 'failure_reason is not a whole number'
    when octet_length(outcome ->> 'message') > 2000 then 'message is longer than 2000 bytes'
    when not pg_input_is_valid(outcome ->> 'claim_token', 'bigint') then 'claim_token is not a whole number'
    when not pg_input_is_valid(outcome ->> 'quarantine', 'boolean') then 'quarantine is neither true nor false'
    when outcome ->> 'status' in ('Ignored by the delivery', 'Delivery failed')
        and (outcome ->> 'failure_type' is null or outcome ->> 'message' is null)
        then 'failure_type or message is missing'
end;

-- The outcomes of a call, each on its own: one that cannot be read is refused and has no more than its event's id.
create or replace function message_center.read_outcomes(outcomes json) returns message_center.delivery_outcome[]
language plpgsql as $$
declare
    elements constant json := case json_typeof(outcomes) when 'array' then outcomes else json_build_array(outcomes) end;
    max_bytes constant integer := 65536;
    storable constant jsonb := message_center.storable_events(elements, max_bytes);
begin
    return array(
        select case
            when element.refused is not null then row(
                element.position, message_center.event_id_of(element.outcome), null, null, null, null, null,
                element.refused, null)::message_center.delivery_outcome
            else row(
                element.position, message_center.event_id_of(element.outcome), element.outcome ->> 'status',
                element.outcome ->> 'failure_type', element.outcome ->> 'failure_reason',
                element.outcome ->> 'message', element.outcome ->> 'quarantine', null,
                element.outcome ->> 'claim_token')::message_center.delivery_outcome
        end
        from (
            select parsed.position, parsed.outcome,
                coalesce(replace(parsed.reason, 'ctx is', 'an outcome is'),
                    message_center.outcome_refusal_reason(parsed.outcome)) as refused
            from message_center.parsed_events(elements, storable, max_bytes)
                as parsed (position, outcome, reason)
            -- offset 0: judge each outcome once.
            offset 0
        ) as element
        order by element.position
    );
end
$$;

-- The outcomes as they will be logged, each with the reason for which it is refused, if it is. Their delivery logs
-- are locked already. A try again becomes a failure where the tries are spent.
create or replace function message_center.judge_outcomes(
    writer text, outcomes message_center.delivery_outcome[]
) returns message_center.delivery_outcome[]
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
                when o.refused is not null then o.refused
                when l.event_id is null then 'the event was not claimed'
                when lag(o.event_id) over (partition by o.event_id, o.refused is null order by o.position) is not null
                    then 'the event has another outcome in this call'
                when l.status = 'Sent' and o.status = 'Delivery failed' then null
                when l.status <> 'Pending delivery' then format('the event is already "%s"', l.status)
                when l.engine is distinct from writer then format('the event is leased to %s', l.engine)
                when l.claim_token is distinct from o.claim_token and o.claim_token is not null
                    then 'the claim is over: the event was claimed anew, or has its outcome'
            end,
            o.claim_token
        )::message_center.delivery_outcome
        from unnest(outcomes) as o
        left join message_center.delivery_log as l on l.event_id = o.event_id
        cross join message_center.instance as i
        order by o.event_id, o.position
    );
end
$$;

-- Log a set of outcomes: an array of
--   {"event_id", "status", "failure_type", "failure_reason", "message", "quarantine", "claim_token"}.
-- status: Sent, Ignored by the delivery, Delivery failed, or Pending delivery: try again later. With a failure_type
-- that counts as a try, with growing waits up to max_delivery_tries; without one the event is given back as it was
-- (the engine's own trouble). A message that was sent may fail later: a bounce.
-- Returns the outcomes that were refused, the bad ones among them; the others are logged. The type is json and not
-- jsonb on purpose: jsonb would refuse the whole call for one \u0000.
create or replace function message_center.log_deliveries(engine text, outcomes json)
returns table ("position" integer, event_id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    told constant message_center.delivery_outcome[] := message_center.read_outcomes(outcomes);
    judged message_center.delivery_outcome[];
begin
    perform message_center.notice_restore();

    -- In the order of the events, so that two engines never lock each other out.
    perform from message_center.delivery_log as l
    where l.event_id in (select o.event_id from unnest(told) as o where o.refused is null)
    order by l.event_id
    for update;

    judged := message_center.judge_outcomes(engine, told);

    perform message_center.note_bounces(judged);
    update message_center.delivery_log as l set
        status = o.status,
        message_id = case when o.failure_type is not null
            then message_center.qualification(o.failure_type, o.failure_reason, coalesce(o.message, '')) end,
        tries = case when o.status = 'Pending delivery' and o.failure_type is null
            then greatest(l.tries - 1, 0) else l.tries end,
        retry_at = case when o.status = 'Pending delivery' then clock_timestamp()
            + message_center.with_jitter(
                case when o.failure_type is null then interval '5 seconds'
                    else message_center.growing_wait(l.tries - 1) end)
        end,
        claim_token = null,
        owner = null,
        delivery_id = coalesce(l.delivery_id, (
            select message_center.execution_delivery(e.template_id)
            from message_center.event as e
            where e.id = l.event_id and e.queue = l.queue)),
        modified_at = clock_timestamp(),
        modified_xid = pg_current_xact_id()
    from unnest(judged) as o
    where l.event_id = o.event_id and o.refused is null;
    perform message_center.note_tries(judged);

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
