-- The doors' callers, and the events that are theirs. Nobody is in the midst of the keys while their primary key
-- changes.
lock table message_center.event, message_center.idempotency_key in access exclusive mode;

alter table message_center.event
    add column caller text,
    add column traceparent text;

alter table message_center.idempotency_key
    add column caller text not null default '',
    drop constraint idempotency_key_pkey,
    add primary key (caller, key);

create table message_center.keyed_call (
    caller text not null,
    key text not null,
    content bytea not null,
    answer jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (caller, key)
);
create index keyed_call_created_at on message_center.keyed_call (created_at);

create table message_center.caller (
    name text primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    may text[] not null check (may <> '{}' and may <@ array['push', 'read', 'act']),
    event_types text[],
    queues message_center.event_queue[],
    max_events_per_second integer check (max_events_per_second > 0),
    created_at timestamptz not null default clock_timestamp()
);
create table message_center.caller_key (
    id text primary key check (id ~ '^[a-z0-9]{8,32}$'),
    caller text not null references message_center.caller on delete cascade,
    digest bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    is_session boolean not null default false
);

drop function message_center.settle_idempotency_keys(message_center.event_queue, message_center.pushed_event[]);
