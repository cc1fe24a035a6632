-- One key, one event, across both queues; a partitioned table cannot hold that constraint itself. Each caller has keys
-- of its own; those who sign in here have theirs together.
create table message_center.idempotency_key (
    key text not null,
    event_id bigint not null,
    content bytea not null,
    caller text not null default '',
    primary key (caller, key)
);

-- What a call of several events was answered, for the caller who makes it again with its key. For a day.
create table message_center.keyed_call (
    caller text not null,
    key text not null,
    content bytea not null,
    answer jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (caller, key)
);
create index keyed_call_created_at on message_center.keyed_call (created_at);
