-- What reports are made from where there is much: the events of each block of ids, counted once.
--
--     archive.event, archive.delivery_log ──a chunk──▶ changed_block ──finish_run──▶ event_count, counted_block
--
-- A block is 16,384 ids one after the other, id >> 14, and so of one account: both streams know it without a look at
-- the other's table. A chunk notes in its transaction in which blocks it has changed something, by adding rows, so that
-- nobody waits for anybody. A block that is noted, or not counted yet, is counted from its events whenever a report
-- wants it: what is kept here is only ever what the events are.

create table archive.changed_block (
    block bigint not null
);
create index changed_block_block on archive.changed_block (block);

create table archive.counted_block (
    block bigint primary key,
    events bigint not null,
    counted_at timestamptz not null default clock_timestamp()
);

-- By the day (UTC) of the push. Times are histograms, see archive.time_bucket: queue_times until an event was linked to
-- a template; of what was sent processing_times, from push (or schedule) to outcome, and sending_times, from the claim.
create table archive.event_count (
    block bigint not null,
    account text not null,
    day timestamptz not null,
    queue text,
    type text,
    wished_channel smallint,
    status text,
    events bigint not null,
    queue_times jsonb,
    processing_times jsonb,
    sending_times jsonb
);
create index event_count_block on archive.event_count (block);
