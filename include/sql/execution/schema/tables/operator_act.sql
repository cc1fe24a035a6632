-- What operators did: replay, cancel and reschedule events, put addresses in quarantine and release them.

create type message_center.act_kind as enum (
    'replay', 'cancel', 'reschedule', 'quarantine', 'release', 'resume_webhook', 'replay_webhook'
);

-- Which events are meant: read from JSON by event_filter_of. Empty: whichever.
create type message_center.event_filter as (
    ids bigint[],
    external_id text,
    address text,
    types text[],
    statuses message_center.event_status[],
    template_ids bigint[],
    channel smallint,
    queue message_center.event_queue,
    since timestamptz,
    until timestamptz,
    -- Between them lie all events of the time from since to until.
    first_id bigint,
    last_id bigint
);

-- An act on many events takes several transactions, each with the progress in it: asked again, it goes on.
create sequence message_center.operator_act_id_seq;
create table message_center.operator_act (
    act uuid not null unique,
    kind message_center.act_kind not null,
    requested_by text not null check (requested_by <> ''),
    reason text not null check (reason <> ''),
    filter jsonb not null,
    -- reschedule: the new time; empty: now.
    scheduled timestamptz,
    -- How many it was meant for, when it was begun.
    counted bigint not null,
    -- No event beyond it is meant: what comes later, its own replays among it, is not.
    last_id bigint not null,
    after_id bigint not null default 0,
    -- replay: the same for what comes from the archive.
    archived_after_id bigint not null default 0,
    done bigint not null default 0,
    begun_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    -- For the archive, which has the acts of all instances.
    id bigint primary key default nextval('message_center.operator_act_id_seq'),
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id()
);
create index operator_act_begun on message_center.operator_act (begun_at);
-- Who put an address in quarantine or released it, as it was named in whatever case.
create index operator_act_addresses on message_center.operator_act using gin ((lower(filter ->> 'addresses')::jsonb))
    where kind in ('quarantine', 'release');
create index operator_act_modified on message_center.operator_act (modified_xid, id);

-- The events of each act: one event is taken once. No foreign key to the event: it may be in the archive only.
create sequence message_center.operator_act_event_id_seq;
create table message_center.operator_act_event (
    act uuid not null references message_center.operator_act (act),
    event_id bigint not null,
    -- replay: the new event, or why it was refused.
    new_event_id bigint,
    refused text,
    id bigint primary key default nextval('message_center.operator_act_event_id_seq'),
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id(),
    unique (act, event_id)
);
create index operator_act_event_event_id on message_center.operator_act_event (event_id);
create index operator_act_event_modified on message_center.operator_act_event (modified_xid, id);

create trigger stamp_modification before insert or update on message_center.operator_act
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.operator_act enable always trigger stamp_modification;
create trigger stamp_modification before insert or update on message_center.operator_act_event
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.operator_act_event enable always trigger stamp_modification;
