-- The control instance: the execution instances it knows, how far each stream of each has come, and the archive.

create schema if not exists message_center;
create schema archive;

create table message_center.execution_instance (
    account text primary key,
    identifier smallint not null unique check (identifier between 1 and 127),
    -- Two accounts on one database would archive it twice, under two names.
    database_identity text not null unique,
    -- The mark left on the execution database at the last archiving run. A database that shows an older one was
    -- restored from a dump.
    checkpoint uuid,
    registered_at timestamptz not null default clock_timestamp(),
    resynchronised_at timestamptz,
    resynchronised_reason text
);

-- A watermark is a snapshot of the execution database: what it saw is archived. That is exact where a moment or a
-- greatest id is not: a transaction that commits late was in progress in the snapshot, and is read next time.
-- A pass that was cut short goes on from (after_xid, after_id) towards the snapshot it set out with.
create table message_center.archive_watermark (
    account text not null,
    stream text not null,
    snapshot pg_snapshot,
    passing pg_snapshot,
    after_xid xid8,
    after_id bigint,
    archived_at timestamptz,
    row_count bigint not null default 0,
    primary key (account, stream),
    check ((passing is null) = (after_xid is null) and (passing is null) = (after_id is null))
);
comment on column message_center.archive_watermark.archived_at is 'The last time that a pass reached its end.';
comment on column message_center.archive_watermark.row_count is 'Rows brought since registration, new and changed.';

create table message_center.workflow_heartbeat (
    workflow text not null,
    account text not null,
    last_start timestamptz,
    last_success timestamptz,
    window_end timestamptz,
    counts jsonb not null default '{}',
    last_error text,
    last_error_at timestamptz,
    beat_at timestamptz not null default clock_timestamp(),
    primary key (workflow, account)
);

-- The archive tables have the columns of the execution side, and account, archived_at and extra of their own.
-- Enums are text here, and nothing is checked or referenced, on purpose: an execution instance may be a version
-- ahead of the control instance, and its streams arrive independently of each other.
-- extra: the columns that the control instance doesn't know.

create table archive.event (
    id bigint primary key,
    account text not null,
    queue text,
    status text,
    status_reason text,
    type text,
    wished_channel smallint,
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint,
    ctx jsonb,
    scheduled timestamptz,
    expiration timestamptz,
    idempotency_key text,
    replay_of bigint,
    created_at timestamptz,
    process_requested_on timestamptz,
    error_count smallint,
    enriched_at timestamptz,
    template_id bigint,
    processed_at timestamptz,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index event_email on archive.event (email) where email is not null;
create index event_mobile_phone on archive.event (mobile_phone) where mobile_phone is not null;
create index event_external_id on archive.event (external_id) where external_id is not null;
create index event_type_created_at on archive.event (type, created_at);
-- Nobody looks for what went well by its status alone, and that is nearly all of it.
create index event_status on archive.event (status, created_at) where status <> 'Sent';

create table archive.delivery_log (
    id bigint primary key,
    account text not null,
    event_id bigint,
    queue text,
    delivery_id bigint,
    wished_channel smallint,
    address text,
    status text,
    message_id bigint,
    engine text,
    tries smallint,
    retry_at timestamptz,
    created_at timestamptz,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index delivery_log_event_id on archive.delivery_log (event_id);
create index delivery_log_address on archive.delivery_log (address);

create table archive.delivery_log_message (
    id bigint primary key,
    account text not null,
    failure_type text,
    failure_reason smallint,
    message text,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);

create table archive.tracking_url (
    id bigint primary key,
    account text not null,
    delivery_id bigint,
    url text,
    label text,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);

create table archive.tracking_log (
    id bigint primary key,
    account text not null,
    event_id bigint,
    tracking_url_id bigint,
    kind text,
    logged_at timestamptz,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index tracking_log_event_id on archive.tracking_log (event_id);

create table archive.quarantine (
    id bigint primary key,
    account text not null,
    wished_channel smallint,
    address text,
    message_id bigint,
    quarantined_at timestamptz,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index quarantine_address on archive.quarantine (address);
