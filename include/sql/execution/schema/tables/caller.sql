-- Who may enter through the doors. Of a secret there is its digest alone: 256 random bits can't be guessed from it, so
-- that it needs none of what protects passwords, and is compared in microseconds.
create table message_center.caller (
    name text primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    may text[] not null check (may <> '{}' and may <@ array['push', 'read', 'act']),
    -- Empty: all of them.
    event_types text[],
    queues message_center.event_queue[],
    max_events_per_second integer check (max_events_per_second > 0),
    created_at timestamptz not null default clock_timestamp()
);

-- Several of one caller while they take turns: both are good until the old one expires.
create table message_center.caller_key (
    id text primary key check (id ~ '^[a-z0-9]{8,32}$'),
    caller text not null references message_center.caller on delete cascade,
    digest bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    is_session boolean not null default false
);
