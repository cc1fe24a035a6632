-- The counting of archived events, block by block: see tables/event_count.sql.
--
-- Planner settings: a block is a range of ids, and each of its events has its log by an index; without them the
-- planner, which sees no numbers, may read all logs for it.

create or replace function archive.block_of(event_id bigint) returns bigint
language sql immutable
return event_id >> 14;

create or replace function archive.first_id_of(block bigint) returns bigint
language sql immutable
return block << 14;

-- The bucket of a time in a histogram: see message_center.time_bucket of an instance.
create or replace function archive.time_bucket(time_taken interval) returns integer
language sql immutable
return case when time_taken is not null
    then floor(20 * log(greatest(1000000 * date_part('epoch', time_taken), 1)))::integer end;

-- What the delivery log says of an event; of several, as after a restore, the latest.
create or replace function archive.outcome_of(event_id bigint, account text)
returns setof archive.delivery_log
language sql stable
begin atomic
    select l.*
    from archive.delivery_log as l
    where l.event_id = outcome_of.event_id and l.account = outcome_of.account
    order by l.id desc
    limit 1;
end;

-- The counts of the events between two ids.
create or replace function archive.counts_between(low bigint, high bigint) returns setof archive.event_count
language sql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set work_mem = '64MB'
set jit = off
begin atomic
    with timed as (
        select archive.block_of(e.id) as block, e.account, date_trunc('day', e.created_at, 'UTC') as day, e.queue,
            e.type, e.wished_channel, e.status,
            archive.time_bucket(e.processed_at - greatest(e.created_at, e.scheduled)) as queued,
            case when e.status = 'Sent'
                then archive.time_bucket(l.modified_at - greatest(e.created_at, e.scheduled)) end as processed,
            case when e.status = 'Sent' then archive.time_bucket(l.modified_at - l.created_at) end as sent
        from archive.event as e
        left join lateral archive.outcome_of(e.id, e.account) as l on true
        where e.id between low and high
    ),
    together as (
        select t.block, t.account, t.day, t.queue, t.type, t.wished_channel, t.status, t.queued, t.processed, t.sent,
            count(*) as events
        from timed as t
        group by t.block, t.account, t.day, t.queue, t.type, t.wished_channel, t.status, t.queued, t.processed, t.sent
    ),
    spread as (
        select t.block, t.account, t.day, t.queue, t.type, t.wished_channel, t.status, what.of, what.bucket,
            sum(t.events) as events
        from together as t
        cross join lateral (
            values ('all', 0), ('queue', t.queued), ('processing', t.processed), ('sending', t.sent)
        ) as what (of, bucket)
        where what.bucket is not null
        group by t.block, t.account, t.day, t.queue, t.type, t.wished_channel, t.status, what.of, what.bucket
    )
    select s.block, s.account, s.day, s.queue, s.type, s.wished_channel, s.status,
        (sum(s.events) filter (where s.of = 'all'))::bigint,
        jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'queue'),
        jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'processing'),
        jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'sending')
    from spread as s
    group by s.block, s.account, s.day, s.queue, s.type, s.wished_channel, s.status;
end;

-- Count the next of an account's blocks that are noted as changed. Returns how many there were.
create or replace function archive.count_blocks(account text, max_blocks integer) returns integer
language plpgsql as $$
declare
    blocks bigint[];
begin
    -- Two runs of an account would count the same.
    perform pg_advisory_xact_lock(hashtextextended(format('count %s', account), 0));
    with counted as (
        delete from archive.changed_block as c
        where c.block in (
            select distinct changed.block
            from message_center.execution_instance as i
            join archive.changed_block as changed
                on changed.block between archive.block_of(i.instance_identifier::bigint << 56)
                    and archive.block_of((i.instance_identifier::bigint << 56) | ((1::bigint << 56) - 1))
            where i.account = count_blocks.account
            order by changed.block
            limit max_blocks
        )
        returning c.block
    )
    select array_agg(distinct c.block) into blocks from counted as c;
    -- From here on each statement sees what those have committed whose notes are gone; a note that comes now stays.
    delete from archive.counted_block as c where c.block = any (blocks);
    delete from archive.event_count as c where c.block = any (blocks);
    insert into archive.event_count (
        block, account, day, queue, type, wished_channel, status, events, queue_times, processing_times, sending_times)
    select made.block, made.account, made.day, made.queue, made.type, made.wished_channel, made.status, made.events,
        made.queue_times, made.processing_times, made.sending_times
    from unnest(blocks) as b (block)
    cross join lateral archive.counts_between(
        archive.first_id_of(b.block), archive.first_id_of(b.block + 1) - 1) as made
    order by b.block;
    insert into archive.counted_block (block, events)
    select c.block, sum(c.events) from archive.event_count as c where c.block = any (blocks) group by c.block;
    return coalesce(cardinality(blocks), 0);
end
$$;
