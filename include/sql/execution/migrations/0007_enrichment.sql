-- Enrichment: what adds to an event's ctx before the event is routed.

-- The SQL enrichments, a function per event type: (queue, ids) -> (id, ctx); see deploy_enrichment.
create schema message_center_enrichment;

-- What waits for a Python callable, in a worker. The events themselves stay postponed meanwhile.
create table message_center.enrichment_request (
    event_id bigint primary key,
    queue message_center.event_queue not null,
    event_type text not null,
    requested_at timestamptz not null default clock_timestamp(),
    claimed_until timestamptz not null default '-infinity'
);
create index enrichment_request_queue on message_center.enrichment_request (event_type, event_id);

create function message_center.merged_ctx(ctx jsonb, addition jsonb) returns jsonb
language plpgsql immutable as $$
begin
    if addition is null then
        return ctx;
    elsif jsonb_typeof(addition) <> 'object' then
        raise exception 'the enrichment gave a JSON %, not an object', jsonb_typeof(addition);
    end if;
    return ctx || addition;
end
$$;

-- Enrich those of a claimed set whose type asks for it. What fails is postponed, and what a worker has to enrich too.
create function message_center.enrich_claimed(
    target message_center.event_queue, ids bigint[], enriched jsonb, now_at timestamptz
) returns void
language plpgsql as $$
declare
    same_type record;
begin
    for same_type in
        select e.type, array_agg(e.id) as ids
        from unnest(ids) as claimed (id)
        join message_center.event as e on e.queue = target and e.id = claimed.id
        where enriched ? e.type
            and e.enriched_at is null
            and (e.expiration is null or e.expiration > now_at)
        group by e.type
    loop
        if enriched ->> same_type.type = 'sql' then
            perform message_center.enrich_by_statement(target, same_type.type, same_type.ids);
        else
            perform message_center.request_enrichment(target, same_type.type, same_type.ids);
        end if;
    end loop;
end
$$;

-- Run the enrichment for a set; when it fails, halve the set until the event is found that is to blame.
create function message_center.enrich_by_statement(target message_center.event_queue, event_type text, ids bigint[])
returns void
language plpgsql as $$
declare
    half integer := cardinality(ids) / 2;
begin
    execute format($statement$
        update message_center.event as e set
            ctx = message_center.merged_ctx(e.ctx, added.ctx),
            enriched_at = clock_timestamp()
        from unnest($2) as claimed (id)
        left join message_center_enrichment.%I($1, $2) as added on added.id = claimed.id
        where e.queue = $1 and e.id = claimed.id
        $statement$, event_type) using target, ids;
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(target, ids[1], 'enrichment: ' || sqlerrm);
        else
            perform message_center.enrich_by_statement(target, event_type, ids[:half]);
            perform message_center.enrich_by_statement(target, event_type, ids[half + 1:]);
        end if;
end
$$;

-- Leave a set to the worker. If none answers, the events come due again, and go on waiting.
create function message_center.request_enrichment(target message_center.event_queue, event_type text, ids bigint[])
returns void
language sql
begin atomic
    insert into message_center.enrichment_request (event_id, queue, event_type)
    select claimed.id, target, event_type
    from unnest(ids) as claimed (id)
    on conflict (event_id) do nothing;

    update message_center.event as e set
        process_requested_on = least(clock_timestamp() + interval '10 minutes', e.expiration),
        status_reason = 'waits for its enrichment, in eventEnrichment'
    from unnest(ids) as claimed (id)
    where e.queue = target and e.id = claimed.id;

    select message_center.wake_up('eventEnrichment.' || event_type);
end;

-- Claim at most `batch` events of a type for the worker. The lease brings a crashed worker's claim back.
create function message_center.claim_enrichments(event_type text, lease interval, batch integer)
returns table (event_id bigint, event jsonb)
language plpgsql as $$
#variable_conflict use_column
declare
    wanted_type alias for event_type;
begin
    delete from message_center.enrichment_request as r
    using message_center.event as e
    where r.event_type = wanted_type and e.id = r.event_id and e.queue = r.queue and e.status <> 'Pending';

    return query
    with claimed as (
        select r.event_id
        from message_center.enrichment_request as r
        where r.event_type = wanted_type and r.claimed_until < clock_timestamp()
        order by r.event_id
        limit batch
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

-- Take back what the worker has made of its claim: an array of {"event_id", "ctx"}, what is to be merged, or
-- {"event_id", "error"}, which puts the event back to be tried again later.
create function message_center.finish_enrichments(results json) returns void
language plpgsql as $$
declare
    failed record;
begin
    update message_center.event as e set
        ctx = message_center.merged_ctx(e.ctx, r.ctx),
        enriched_at = clock_timestamp(),
        process_requested_on = clock_timestamp(),
        status_reason = null
    from json_to_recordset(results) as r (event_id bigint, ctx jsonb, error text)
    join message_center.enrichment_request as request on request.event_id = r.event_id
    where r.error is null and e.queue = request.queue and e.id = r.event_id and e.status = 'Pending';

    for failed in
        select request.queue, r.event_id, r.error
        from json_to_recordset(results) as r (event_id bigint, error text)
        join message_center.enrichment_request as request on request.event_id = r.event_id
        where r.error is not null
        order by r.event_id
    loop
        perform message_center.postpone_event(failed.queue, failed.event_id, 'enrichment: ' || failed.error);
    end loop;

    delete from message_center.enrichment_request as request
    using json_to_recordset(results) as r (event_id bigint)
    where request.event_id = r.event_id;

    perform message_center.wake_up('rtEventsProcessing');
    perform message_center.wake_up('batchEventsProcessing');
end
$$;
