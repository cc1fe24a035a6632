-- Reports over many events, from what has been counted of them already: see tables/event_count.sql.
--
-- Planner settings: as for reports from events, see reports.sql; to add up counts any plan will do.

-- The blocks of a report that are counted, and where no others are noted since.
create or replace function archive.counted_blocks(wanted archive.event_filter, accounts text[])
returns table (account text, low bigint, high bigint, block bigint, events bigint)
language sql stable
begin atomic
    with place as materialized (
        select i.account, ids.low, ids.high
        from message_center.execution_instance as i
        cross join lateral archive.id_range(i.account, wanted) as ids
        where accounts is null or i.account = any (accounts)
    )
    select p.account, p.low, p.high, c.block, c.events
    from place as p
    left join archive.counted_block as c
        on c.block between archive.block_of(p.low) and archive.block_of(p.high)
        and not exists (select from archive.changed_block as changed where changed.block = c.block);
end;

-- Whether a report had better be made from counts: it is about whole days (UTC), asks for nothing that they don't know,
-- and is about so many events that rounded times are better than exact ones that take long.
create or replace function archive.is_report_of_counts(filter jsonb, accounts text[], step text) returns boolean
language plpgsql stable as $$
declare
    wanted constant archive.event_filter := jsonb_populate_record(null::archive.event_filter, filter);
    many constant bigint := 100000;
begin
    return step <> 'hour'
        and filter - '{types,statuses,channel,queue,since,until}'::text[] = '{}'
        and wanted.since = date_trunc('day', wanted.since, 'UTC')
        and wanted.until = date_trunc('day', wanted.until, 'UTC')
        and coalesce((select sum(b.events) >= many from archive.counted_blocks(wanted, accounts) as b), false);
end
$$;

-- All counts of a report: what is counted, and between that what is not yet.
create or replace function archive.counts_for(wanted archive.event_filter, accounts text[])
returns setof archive.event_count
language sql stable
begin atomic
    with counted as materialized (
        select b.account, b.low, b.high, b.block from archive.counted_blocks(wanted, accounts) as b
    ),
    place as (
        select distinct c.account, c.low, c.high from counted as c
    ),
    edge as (
        select c.account, c.low, c.high, c.block from counted as c where c.block is not null
        union all
        select p.account, p.low, p.high, archive.block_of(p.low) - 1 from place as p
        union all
        select p.account, p.low, p.high, archive.block_of(p.high) + 1 from place as p
    ),
    gap as (
        select e.account, e.block as before, e.low, e.high,
            lag(e.block) over (partition by e.account order by e.block) as after
        from edge as e
    ),
    every as (
        select k.*
        from counted as c
        join archive.event_count as k on k.block = c.block and k.account = c.account
        union all
        select made.*
        from gap as g
        cross join lateral archive.counts_between(greatest(g.low, archive.first_id_of(g.after + 1)),
            least(g.high, archive.first_id_of(g.before) - 1)) as made
        where g.after + 1 < g.before and made.account = g.account
    )
    select k.*
    from every as k
    where k.day >= (wanted).since
        and k.day < (wanted).until
        and ((wanted).types is null or k.type = any ((wanted).types))
        and ((wanted).statuses is null or k.status = any ((wanted).statuses))
        and ((wanted).channel is null or k.wished_channel = (wanted).channel)
        and ((wanted).queue is null or k.queue = (wanted).queue);
end;

-- The same by period and group.
create or replace function archive.counts_by_period(
    wanted archive.event_filter, accounts text[], step text, by_what text
)
returns table (
    period timestamptz, name text, status text, events bigint, queue_times jsonb, processing_times jsonb,
    sending_times jsonb
)
language sql stable
begin atomic
    select date_trunc(step, k.day, 'UTC'), archive.group_of(by_what, k.type, k.account, k.wished_channel, k.queue),
        k.status, k.events, k.queue_times, k.processing_times, k.sending_times
    from archive.counts_for(wanted, accounts) as k;
end;

-- As archive.event_report, whose counts are the same; times are rounded. Without within_seconds there are none.
create or replace function archive.counted_report(
    filter jsonb, accounts text[], step text, by_what text, within_seconds double precision
)
returns table (
    period timestamptz, name text, events bigint, sent bigint, ignored bigint, failed bigint,
    not_taken_into_account bigint, expired bigint, pending bigint, in_time bigint,
    processing_seconds double precision[], queue_seconds double precision[], sending_seconds double precision[]
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set jit = off
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
    wanted constant archive.event_filter := jsonb_populate_record(null::archive.event_filter, filter);
    shares constant double precision[] := array[0.5, 0.95, 0.99];
begin
    return query
    with found as materialized (select k.* from archive.counts_by_period(wanted, accounts, step, by_what) as k),
    spread as (
        select f.period, f.name, times.of, each.key as bucket, sum(each.value::bigint) as events
        from found as f
        cross join lateral (
            values ('queue', f.queue_times), ('processing', f.processing_times), ('sending', f.sending_times)
        ) as times (of, histogram)
        cross join lateral jsonb_each_text(times.histogram) as each
        where within_seconds is not null
        group by f.period, f.name, times.of, each.key
    ),
    timed as (
        select s.period, s.name, jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'queue') as queue_times,
            jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'processing') as processing_times,
            jsonb_object_agg(s.bucket, s.events) filter (where s.of = 'sending') as sending_times
        from spread as s
        group by s.period, s.name
    ),
    counted as (
        select f.period, f.name, sum(f.events)::bigint as events,
            coalesce(sum(f.events) filter (where f.status = 'Sent'), 0)::bigint as sent,
            coalesce(sum(f.events) filter (where f.status = 'Ignored by the delivery'), 0)::bigint as ignored,
            coalesce(sum(f.events) filter (where f.status = 'Delivery failed'), 0)::bigint as failed,
            coalesce(sum(f.events) filter (where f.status = 'Event not taken into account'), 0)::bigint as not_taken,
            coalesce(sum(f.events) filter (where f.status = 'Expired'), 0)::bigint as expired,
            coalesce(sum(f.events) filter (where f.status in ('Pending', 'Pending delivery')), 0)::bigint as pending
        from found as f
        group by f.period, f.name
    )
    select c.period, c.name, c.events, c.sent, c.ignored, c.failed, c.not_taken, c.expired, c.pending,
        case when within_seconds is not null
            then coalesce(archive.events_within(t.processing_times, within_seconds), 0) end,
        archive.quantiles_seconds(t.processing_times, shares),
        archive.quantiles_seconds(t.queue_times, shares),
        archive.quantiles_seconds(t.sending_times, shares)
    from counted as c
    left join timed as t on t.period = c.period and t.name is not distinct from c.name
    order by c.period, c.name;
end
$$;
