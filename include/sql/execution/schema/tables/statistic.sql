-- What was done, by minute and queue. The work itself writes it, in its own transaction: so it is there exactly when
-- the work is, and nobody has to look through the events.
--
--     a step of a window ──▶ statistic_step ──compacted──▶ statistic ──mcSynch──▶ archive.statistic
--
-- statistic_step has rows added to it and taken from it, and never changed: no two sessions wait for each other.
-- Both have the same columns: a row of statistic is the sum of what became of rows of statistic_step.
--
--     events_in                 first seen by a window, in the minute in which they were pushed; those that are pushed
--                               for a later time, when they are pushed
--     routed … bounced          moves of status, in the minute of the step that made them; bounced: of what was sent
--     postponed                 tries that failed at routing or enriching, and will be repeated
--     queue_times, queue_ms     from the push, or the time that an event was to be looked at, until it was routed
--     sending_times, …          from the first claim until the outcome, of what was sent or failed
--     processing_times, …       from the push, or the time for which it was scheduled, until the outcome, of the same
--                               _times: how many events by bucket, see time_bucket; _ms: the sum
--     pending_most, …_least     of the looks at the queue, and of steps: that it was as long as what they took
--     pending_sum, samples      the mean of the looks
--     oldest_ms                 the greatest age that a pending event had
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
