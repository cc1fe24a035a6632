-- Statistics by minute and queue, which the work writes itself: see schema/tables/statistic.sql.
create table message_center.statistic (
    id bigint primary key,
    minute timestamptz not null,
    queue message_center.event_queue not null,
    events_in bigint not null default 0,
    routed bigint not null default 0,
    not_taken_into_account bigint not null default 0,
    expired bigint not null default 0,
    sent bigint not null default 0,
    ignored bigint not null default 0,
    failed bigint not null default 0,
    bounced bigint not null default 0,
    postponed bigint not null default 0,
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
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id()
);
comment on column message_center.statistic.id is
    'Made of instance, minute and queue: after a restore a minute has the same one again. See statistic_id.';
create index statistic_minute on message_center.statistic (minute);
create index statistic_modified on message_center.statistic (modified_xid, id);

create trigger stamp_modification before insert or update on message_center.statistic
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.statistic enable always trigger stamp_modification;

create table message_center.statistic_step (
    minute timestamptz not null,
    queue message_center.event_queue not null,
    events_in bigint not null default 0,
    routed bigint not null default 0,
    not_taken_into_account bigint not null default 0,
    expired bigint not null default 0,
    sent bigint not null default 0,
    ignored bigint not null default 0,
    failed bigint not null default 0,
    bounced bigint not null default 0,
    postponed bigint not null default 0,
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
    oldest_ms double precision
);

-- What a window saw of its queue when it looked last.
create table message_center.queue_sample (
    queue message_center.event_queue primary key,
    pending bigint not null,
    waiting_since timestamptz,
    sampled_at timestamptz not null
);

-- Some events whose statuses were copied in one step, and that have all of this in common.
create type message_center.outcome_group as (
    queue message_center.event_queue,
    status message_center.event_status,
    is_bounce boolean,
    sending_bucket integer,
    processing_bucket integer,
    events bigint,
    sending_ms double precision,
    processing_ms double precision
);

alter type message_center.routing_step add attribute arrivals jsonb;
alter type message_center.routing_step add attribute queue_ms double precision;

create index quarantine_since on message_center.quarantine (quarantined_at);

-- Some events that one step routed, and that have all of this in common.
create type message_center.routing_group as (
    status message_center.event_status,
    bucket integer,
    minute bigint,
    events bigint,
    slowest_ms double precision,
    queue_ms double precision
);
