-- The archive tables have the columns of the execution side, and account, archived_at and extra of their own.
-- Enums are text here, and nothing is checked or referenced, on purpose: an execution instance may be a version
-- ahead of the control instance, and its streams arrive independently of each other.
-- extra: the columns that the control instance doesn't know.
-- Texts are indexed by their beginning: an index row has 2,704 bytes at most, and a value that had more would stop its
-- stream. Search for them so: left(lower(email), 320) = 'john@example.com'.

create schema archive;

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
    extra jsonb,
    caller text,
    traceparent text
);
create index event_email on archive.event (left(lower(email), 320)) where email is not null;
create index event_mobile_phone on archive.event (left(mobile_phone, 320)) where mobile_phone is not null;
create index event_registration_token on archive.event (left(registration_token, 320))
    where registration_token is not null;
create index event_external_id on archive.event (left(external_id, 320)) where external_id is not null;
create index event_replay_of on archive.event (replay_of) where replay_of is not null;
create index event_type_created_at on archive.event (left(type, 320), created_at);
-- Nobody looks for what went well by its status alone, and that is nearly all of it.
create index event_status on archive.event (left(status, 320), id) where status <> 'Sent';
-- The planner does not look into partial indexes for how rare a value is, and would read a whole account's ids beside.
create statistics archive.event_email on left(lower(email), 320) from archive.event;
create statistics archive.event_mobile_phone on left(mobile_phone, 320) from archive.event;
create statistics archive.event_registration_token on left(registration_token, 320) from archive.event;
create statistics archive.event_external_id on left(external_id, 320) from archive.event;

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
    extra jsonb,
    earlier_tries jsonb
);
create index delivery_log_event_id on archive.delivery_log (event_id);
create index delivery_log_address on archive.delivery_log (left(address, 320));

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
create index quarantine_address on archive.quarantine (left(address, 320));
