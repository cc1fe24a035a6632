-- What delivery engines tell of claimed events: read, and judged each on its own.

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
-- are locked already. A try again becomes a failure where the tries are spent. Of several for one event the first that
-- is good counts: that of a claim which is over harms none of a later claim, beside which it may come in one call.
create or replace function message_center.judge_outcomes(
    writer text, outcomes message_center.delivery_outcome[]
) returns message_center.delivery_outcome[]
language plpgsql as $$
begin
    return array(
        select row(
            alone.position, alone.event_id, alone.status, alone.failure_type, alone.failure_reason, alone.message,
            alone.quarantine,
            case
                when alone.refused is null and row_number() over (
                    partition by alone.event_id, alone.refused is null order by alone.position) > 1
                    then 'the event has another outcome in this call'
                else alone.refused
            end,
            alone.claim_token
        )::message_center.delivery_outcome
        from (
            select o.position, o.event_id,
                case when o.status = 'Pending delivery' and o.failure_type is not null
                    and l.tries >= i.max_delivery_tries then 'Delivery failed' else o.status end as status,
                o.failure_type, coalesce(o.failure_reason, 0) as failure_reason, o.message,
                coalesce(o.quarantine, o.failure_type = 'hard', false) as quarantine,
                case
                    when o.refused is not null then o.refused
                    when l.event_id is null then 'the event was not claimed'
                    when l.status = 'Sent' and o.status = 'Delivery failed' then null
                    when l.status <> 'Pending delivery' then format('the event is already "%s"', l.status)
                    when l.engine is distinct from writer then format('the event is leased to %s', l.engine)
                    when l.claim_token is distinct from o.claim_token and o.claim_token is not null
                        then 'the claim is over: the event was claimed anew, or has its outcome'
                end as refused,
                o.claim_token
            from unnest(outcomes) as o
            left join message_center.delivery_log as l on l.event_id = o.event_id
            cross join message_center.instance as i
        ) as alone
        order by alone.event_id, alone.position
    );
end
$$;
