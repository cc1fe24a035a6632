-- Enrichment by a Python callable, in a worker: it claims, and hands back what its callable made.

-- Claim at most max_events of a type for the worker. The lease brings a crashed worker's claim back.
create or replace function message_center.claim_enrichments(event_type text, lease interval, max_events integer)
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

-- Take back what the worker has made of its claim: an array of {"event_id", "ctx"}, what is to be merged, or
-- {"event_id", "error"}, which postpones the event.
create or replace function message_center.finish_enrichments(results json) returns void
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
