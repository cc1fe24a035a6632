-- What enriches events before they are routed, by statements here and by callables in a worker.

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

-- What a worker made of an event; refused: why it cannot be taken, which is the event's error then.
create type message_center.enrichment_result as (
    position integer,
    event_id bigint,
    ctx jsonb,
    error text,
    refused text
);
