-- The statistics of all instances: by minute, as they were brought, and added up by day, which is kept for longer.

create table archive.statistic (
    id bigint primary key,
    account text not null,
    minute timestamptz,
    queue text,
    events_in bigint,
    routed bigint,
    not_taken_into_account bigint,
    expired bigint,
    sent bigint,
    ignored bigint,
    failed bigint,
    bounced bigint,
    postponed bigint,
    queue_times jsonb,
    queue_ms double precision,
    sending_times jsonb,
    sending_ms double precision,
    processing_times jsonb,
    processing_ms double precision,
    pending_most bigint,
    pending_least bigint,
    pending_sum bigint,
    samples bigint,
    oldest_ms double precision,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index statistic_account_minute on archive.statistic (account, minute);
create index statistic_account_archived_at on archive.statistic (account, archived_at);

-- A row a day (UTC), account and queue: the sums of its minutes, and their greatest and least.
create table archive.statistic_day (
    account text not null,
    day timestamptz not null,
    queue text not null,
    events_in bigint not null,
    routed bigint not null,
    not_taken_into_account bigint not null,
    expired bigint not null,
    sent bigint not null,
    ignored bigint not null,
    failed bigint not null,
    bounced bigint not null,
    postponed bigint not null,
    queue_times jsonb,
    queue_ms double precision,
    sending_times jsonb,
    sending_ms double precision,
    processing_times jsonb,
    processing_ms double precision,
    pending_most bigint,
    pending_least bigint,
    pending_sum bigint,
    samples bigint,
    oldest_ms double precision,
    rolled_up_at timestamptz not null default clock_timestamp(),
    primary key (account, day, queue)
);
