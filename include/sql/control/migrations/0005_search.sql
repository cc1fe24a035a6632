-- Search in the archive: by e-mail whatever its case, by token, for the replays of an event.
drop index archive.event_email;
create index event_email on archive.event (left(lower(email), 320)) where email is not null;
create index event_registration_token on archive.event (left(registration_token, 320))
    where registration_token is not null;
create index event_replay_of on archive.event (replay_of) where replay_of is not null;

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
