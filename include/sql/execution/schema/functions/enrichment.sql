-- Enrichment, in the session that routes: what adds to an event's ctx before the event is routed.

create or replace function message_center.merged_ctx(ctx jsonb, addition jsonb) returns jsonb
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
create or replace function message_center.enrich_claimed(
    wanted_queue message_center.event_queue, ids bigint[], enriched jsonb, now_at timestamptz
) returns void
language plpgsql as $$
declare
    same_type record;
begin
    for same_type in
        select e.type, array_agg(e.id) as ids
        from unnest(ids) as claimed (id)
        join message_center.event as e on e.queue = wanted_queue and e.id = claimed.id
        where enriched ? e.type
            and e.enriched_at is null
            and (e.expiration is null or e.expiration > now_at)
        group by e.type
    loop
        if enriched ->> same_type.type = 'sql' then
            perform message_center.enrich_by_statement(wanted_queue, same_type.type, same_type.ids);
        else
            perform message_center.request_enrichment(wanted_queue, same_type.type, same_type.ids);
        end if;
    end loop;
end
$$;

-- Run the enrichment for a set; when it fails, halve the set until the event is found that is to blame.
create or replace function message_center.enrich_by_statement(
    wanted_queue message_center.event_queue, event_type text, ids bigint[]
) returns void
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
        $statement$, event_type) using wanted_queue, ids;
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(wanted_queue, ids[1], 'enrichment: ' || sqlerrm);
        else
            perform message_center.enrich_by_statement(wanted_queue, event_type, ids[:half]);
            perform message_center.enrich_by_statement(wanted_queue, event_type, ids[half + 1:]);
        end if;
end
$$;

-- Postpone a set until the worker has enriched it. If none answers, the events come due again, and go on waiting.
create or replace function message_center.request_enrichment(
    wanted_queue message_center.event_queue, event_type text, ids bigint[]
) returns void
language sql
begin atomic
    insert into message_center.enrichment_request (event_id, queue, event_type)
    select claimed.id, wanted_queue, event_type
    from unnest(ids) as claimed (id)
    on conflict (event_id) do nothing;

    update message_center.event as e set
        process_requested_on = least(clock_timestamp() + interval '10 minutes', e.expiration),
        status_reason = 'waits for its enrichment, in eventEnrichment'
    from unnest(ids) as claimed (id)
    where e.queue = wanted_queue and e.id = claimed.id;

    select message_center.wake_up('eventEnrichment.' || event_type);
end;
