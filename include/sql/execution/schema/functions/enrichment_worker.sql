-- Enrichment by a Python callable, in a worker: it claims, and hands back what its callable made.

-- Claim at most max_events of a type for the worker. The lease brings a crashed worker's claim back.
create or replace function message_center.claim_enrichments(event_type text, lease interval, max_events integer)
returns table (event_id bigint, event jsonb)
language plpgsql as $$
#variable_conflict use_column
declare
    wanted_type alias for event_type;
begin
    -- What is not pending any more, or deleted, is nobody's work.
    delete from message_center.enrichment_request as r
    where r.event_id in (
        select done.event_id
        from message_center.enrichment_request as done
        where done.event_type = wanted_type
            and not exists (
                select from message_center.event as e
                where e.id = done.event_id and e.queue = done.queue and e.status = 'Pending')
        for update skip locked
    );

    return query
    with claimed as (
        select r.event_id
        from message_center.enrichment_request as r
        where r.event_type = wanted_type and r.claimed_until < clock_timestamp()
        order by r.event_id
        limit max_events
        for update skip locked
    ),
    leased as (
        update message_center.enrichment_request as r set claimed_until = clock_timestamp() + lease
        from claimed as c
        where r.event_id = c.event_id
        returning r.event_id, r.queue
    )
    select e.id, to_jsonb(e) - '{modified_xid,modified_at,template_id}'::text[]
    from leased as l
    join message_center.event as e on e.id = l.event_id and e.queue = l.queue
    order by e.id;
end
$$;

-- Why a result cannot be taken; null when it can.
create or replace function message_center.enrichment_refusal_reason(result jsonb) returns text
language sql stable
return case
    when jsonb_typeof(result) <> 'object' then 'a result is a JSON object, not ' || jsonb_typeof(result)
    when result ->> 'event_id' is null then 'event_id is missing'
    when message_center.event_id_of(result) is null then 'event_id is not the id of an event'
    when result ->> 'error' is null and jsonb_typeof(result -> 'ctx') not in ('object', 'null')
        then format('the enrichment gave a JSON %s, not an object', jsonb_typeof(result -> 'ctx'))
end;

-- The results of a call, each on its own. Of one that cannot be taken, the reason is the event's error.
create or replace function message_center.read_enrichments(results json) returns message_center.enrichment_result[]
language plpgsql as $$
declare
    elements constant json := case json_typeof(results) when 'array' then results else json_build_array(results) end;
    max_bytes constant integer := (select i.max_ctx_bytes from message_center.instance as i);
    storable constant jsonb := message_center.storable_events(elements, max_bytes);
begin
    return array(
        select row(
            parsed.position,
            message_center.event_id_of(parsed.result),
            case when refusal.reason is null then nullif(parsed.result -> 'ctx', 'null'::jsonb) end,
            left(coalesce(refusal.reason, parsed.result ->> 'error'), 2000),
            refusal.reason
        )::message_center.enrichment_result
        from message_center.parsed_events(elements, storable, max_bytes)
            as parsed (position, result, reason)
        cross join lateral (
            select coalesce(parsed.reason, message_center.enrichment_refusal_reason(parsed.result)) as reason offset 0
        ) as refusal
        order by parsed.position
    );
end
$$;

-- Take back what the worker has made of its claim: an array of {"event_id", "ctx"}, what is to be merged, or
-- {"event_id", "error"}, which postpones the event. Returns the results that were refused: a bad one harms no other,
-- and postpones its own event if it says which that is.
create or replace function message_center.finish_enrichments(results json)
returns table ("position" integer, event_id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    told constant message_center.enrichment_result[] := message_center.read_enrichments(results);
    failed record;
begin
    update message_center.event as e set
        ctx = message_center.merged_ctx(e.ctx, r.ctx),
        enriched_at = clock_timestamp(),
        process_requested_on = clock_timestamp(),
        status_reason = null
    from unnest(told) as r
    join message_center.enrichment_request as request on request.event_id = r.event_id
    where r.error is null and e.queue = request.queue and e.id = r.event_id and e.status = 'Pending';

    for failed in
        select request.queue, r.event_id, r.error
        from unnest(told) as r
        join message_center.enrichment_request as request on request.event_id = r.event_id
        where r.error is not null
        order by r.event_id
    loop
        perform message_center.postpone_event(failed.queue, failed.event_id, 'enrichment: ' || failed.error);
    end loop;

    delete from message_center.enrichment_request as request
    using unnest(told) as r
    where request.event_id = r.event_id;

    perform message_center.wake_up('rtEventsProcessing');
    perform message_center.wake_up('batchEventsProcessing');

    return query select r.position, r.event_id, r.refused from unnest(told) as r where r.refused is not null;
end
$$;
