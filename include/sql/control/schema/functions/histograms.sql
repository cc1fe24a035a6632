-- What histograms of times tell: see archive.time_bucket. Within a bucket, which is 12 % wide, events are taken to lie
-- side by side.

-- The seconds that a share of the events did not exceed; null without events.
create or replace function archive.quantile_seconds(histogram jsonb, share float8) returns float8
language sql immutable
return (
    select 10 ^ ((r.bucket + 1 - (r.events_up_to - share * r.all_events) / r.events) / 20.0) / 1000000
    from (
        select each.key::integer as bucket, each.value::float8 as events,
            sum(each.value::float8) over (order by each.key::integer) as events_up_to,
            sum(each.value::float8) over () as all_events
        from jsonb_each_text(histogram) as each
    ) as r
    where r.events_up_to >= share * r.all_events
    order by r.bucket
    limit 1
);

create or replace function archive.quantiles_seconds(histogram jsonb, shares float8[]) returns float8[]
language sql immutable
return case when histogram is not null then
    (select array_agg(archive.quantile_seconds(histogram, s.share) order by s.position)
    from unnest(shares) with ordinality as s (share, position))
end;

-- How many events took so many seconds at most.
create or replace function archive.events_within(histogram jsonb, seconds float8) returns bigint
language sql immutable
return (
    select round(sum(each.value::float8 * least(1, greatest(0, 20 * log(seconds * 1000000) - each.key::integer))))
    from jsonb_each_text(histogram) as each
)::bigint;
