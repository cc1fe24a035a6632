-- Which archived events are meant, as message_center.event_filter of an instance has it. Empty: whichever.
create type archive.event_filter as (
    ids bigint[],
    external_id text,
    address text,
    types text[],
    statuses text[],
    templates text[],
    channel smallint,
    queue text,
    since timestamptz,
    until timestamptz
);
