-- Reports over the archive: what became of the events of a period, and how long it took.
--
-- Planner settings: as for the search, see search.sql; a period is a range of ids in each account.

-- What events are counted by.
create or replace function archive.group_of(by_what text, type text, account text, channel smallint, queue text)
returns text
language sql immutable
return case by_what
    when 'type' then type
    when 'account' then account
    when 'channel' then channel::text
    when 'queue' then queue
    else ''
end;

-- The events that a report is about: of all accounts, or some.
create or replace function archive.reported_events(wanted archive.event_filter, accounts text[])
returns setof archive.event
language sql stable
begin atomic
    -- Materialized: looked up once for an account, and not for each of its events.
    with place as materialized (
        select i.account, ids.low, ids.high
        from message_center.execution_instance as i
        cross join lateral archive.id_range(i.account, wanted) as ids
        where accounts is null or i.account = any (accounts)
    )
    select e.*
    from place
    cross join lateral (
        select each.*
        from archive.event as each
        where each.id between place.low and place.high
            and each.account = place.account
            and archive.event_matches(each, wanted)
        -- offset 0: account by account, each by its range of ids.
        offset 0
    ) as e;
end;

-- One row for each period and group. Times in seconds, of what was sent: processing from push (or schedule) to outcome,
-- queue until it was linked to a template, sending from claim to outcome.
--   filter          as archive.event_filter is as JSON, with since and until
--   accounts        empty: all
--   step            hour, day, week or month, in UTC
--   by_what         type, account, channel, queue, or nothing
--   within_seconds  what counts as in time
create or replace function archive.event_report(
    filter jsonb, accounts text[], step text, by_what text, within_seconds double precision
)
returns table (
    period timestamptz, name text, events bigint, sent bigint, ignored bigint, failed bigint,
    not_taken_into_account bigint, expired bigint, pending bigint, in_time bigint,
    processing_seconds double precision[], queue_seconds double precision[], sending_seconds double precision[]
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
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
    select m.period, m.name,
        count(*),
        count(*) filter (where m.status = 'Sent'),
        count(*) filter (where m.status = 'Ignored by the delivery'),
        count(*) filter (where m.status = 'Delivery failed'),
        count(*) filter (where m.status = 'Event not taken into account'),
        count(*) filter (where m.status = 'Expired'),
        count(*) filter (where m.status in ('Pending', 'Pending delivery')),
        count(*) filter (where m.status = 'Sent' and m.outcome_at - m.due_at <= within_seconds * interval '1 second'),
        percentile_cont(shares) within group (order by date_part('epoch', m.outcome_at - m.due_at))
            filter (where m.status = 'Sent'),
        percentile_cont(shares) within group (order by date_part('epoch', m.processed_at - m.due_at)),
        percentile_cont(shares) within group (order by date_part('epoch', m.outcome_at - m.claimed_at))
            filter (where m.status = 'Sent')
    from (
        select date_trunc(step, e.created_at) as period,
            archive.group_of(event_report.by_what, e.type, e.account, e.wished_channel, e.queue) as name,
            e.status, e.processed_at, greatest(e.created_at, e.scheduled) as due_at, l.created_at as claimed_at,
            l.modified_at as outcome_at
        from archive.reported_events(wanted, accounts) as e
        left join lateral archive.outcome_of(e.id, e.account) as l on true
    ) as m
    group by m.period, m.name
    order by m.period, m.name;
end
$$;

-- The counts alone, without a look at delivery logs: in a tenth of the time.
create or replace function archive.event_counts(filter jsonb, accounts text[], step text, by_what text)
returns table (
    period timestamptz, name text, events bigint, sent bigint, ignored bigint, failed bigint,
    not_taken_into_account bigint, expired bigint, pending bigint
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set work_mem = '64MB'
set jit = off
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
    wanted constant archive.event_filter := jsonb_populate_record(null::archive.event_filter, filter);
begin
    return query
    select date_trunc(step, e.created_at) as period,
        archive.group_of(event_counts.by_what, e.type, e.account, e.wished_channel, e.queue) as name,
        count(*),
        count(*) filter (where e.status = 'Sent'),
        count(*) filter (where e.status = 'Ignored by the delivery'),
        count(*) filter (where e.status = 'Delivery failed'),
        count(*) filter (where e.status = 'Event not taken into account'),
        count(*) filter (where e.status = 'Expired'),
        count(*) filter (where e.status in ('Pending', 'Pending delivery'))
    from archive.reported_events(wanted, accounts) as e
    group by 1, 2
    order by 1, 2;
end
$$;
