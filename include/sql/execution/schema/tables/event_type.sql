-- The event types that there are, what enriches each, and whether it is stopped.

create type message_center.enrichment_kind as enum ('sql', 'python');

create table message_center.event_type (
    name text primary key check (name <> ''),
    label text not null default '',
    -- What adds to the ctx of its events before they are routed: an SQL statement, or a Python callable's name.
    enrichment message_center.enrichment_kind,
    enrichment_source text,
    -- The kill switch: nothing of this type is routed or sent.
    stopped_at timestamptz,
    stopped_reason text,
    check ((enrichment is null) = (enrichment_source is null)),
    check ((stopped_at is null) = (stopped_reason is null))
);
comment on table message_center.event_type is 'The enumeration of event types, published with the message templates.';
