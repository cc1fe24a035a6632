-- Who is told of statuses by HTTP, how far each has been told, and what is still to be told. The secrets are in
-- Airflow's connections and nowhere here.

create table message_center.webhook (
    -- The id of its Airflow connection.
    name text primary key,
    -- Scheme, host and port of its URL, for people: in the rest there may be a secret.
    origin text not null,
    -- What it is told of; empty: all.
    event_types text[],
    statuses message_center.event_status[],
    queues message_center.event_queue[],
    callers text[],
    -- Since when its connection is gone.
    removed_at timestamptz,

    -- How far it has read the events, as a queue_cursor has it; a new one begins with what changes from now on.
    seen pg_snapshot default pg_current_snapshot(),
    passing pg_snapshot,
    after_xid xid8 not null default '0',
    after_id bigint not null default 0,
    -- What was committed before has been read.
    read_at timestamptz not null default clock_timestamp(),
    -- Whose transactions' numbers these are: see instance.numbering.
    numbering integer not null default 0,
    -- While it reads again from the beginning: only what has changed since, and what was_seen had not seen. A replay
    -- tells again what was told.
    since timestamptz,
    was_seen pg_snapshot,
    is_replay boolean not null default false,

    -- How its receiver answers: the failures since the last success, and when it is tried next.
    last_success_at timestamptz,
    failures integer not null default 0,
    failing_since timestamptz,
    retry_at timestamptz,
    last_error text,
    last_error_at timestamptz,
    disabled_at timestamptz,
    disabled_reason text
);

-- The latest status of each event that a webhook is to be told, or was told lately: a status that follows another one
-- takes its place.
create table message_center.webhook_message (
    webhook text not null references message_center.webhook on delete cascade,
    event_id bigint not null,
    queue message_center.event_queue not null,
    status message_center.event_status not null,
    -- When the event got it.
    changed_at timestamptz not null,
    told_at timestamptz,
    tries integer not null default 0,
    failing_since timestamptz,
    retry_at timestamptz,
    error text,
    -- Refused for days by a receiver that took others.
    given_up_at timestamptz,
    primary key (webhook, event_id)
);
-- First what was not tried yet.
create index webhook_message_waiting
    on message_center.webhook_message (webhook, retry_at nulls first, changed_at, event_id)
    where told_at is null and given_up_at is null;
create index webhook_message_told on message_center.webhook_message (told_at) where told_at is not null;
create index webhook_message_given_up on message_center.webhook_message (given_up_at) where given_up_at is not null;
