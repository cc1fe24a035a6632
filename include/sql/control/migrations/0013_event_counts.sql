-- Events counted by blocks of their ids, for reports; those that are archived already are noted to be counted.
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

insert into archive.changed_block (block)
with recursive known as (
    select min(e.id) >> 14 as block from archive.event as e
    union all
    select (select min(e.id) >> 14 from archive.event as e where e.id >= (k.block + 1) << 14)
    from known as k
    where k.block is not null
)
select k.block from known as k where k.block is not null;

-- It has its values one by one.
drop function if exists archive.group_of(archive.event, text);
