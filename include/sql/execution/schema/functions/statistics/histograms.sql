-- Histograms of times: {"<bucket>": events}. 20 buckets for each factor of 10, each 12 % wide, bucket 0 begins at 1 µs:
-- bucket b holds what took from 10^(b/20) µs to 10^((b+1)/20) µs.

create or replace function message_center.time_bucket(ms float8) returns integer
language sql immutable
return floor(20 * log(case when ms < 0.001 then 0.001 else ms end * 1000))::integer;

-- Milliseconds between two times. date_part and not extract: numeric would cost more than the rest.
create or replace function message_center.ms_between(earlier timestamptz, later timestamptz) returns float8
language sql immutable
return 1000 * date_part('epoch', later - earlier);

create or replace function message_center.add_histograms(one jsonb, other jsonb) returns jsonb
language sql immutable
return case
    when one is null then other
    when other is null then one
    else (
        select jsonb_object_agg(sums.bucket, sums.events)
        from (
            select each.key as bucket, sum(each.value::bigint) as events
            from (select * from jsonb_each_text(one) union all select * from jsonb_each_text(other)) as each
            group by each.key
        ) as sums
    )
end;

create or replace aggregate message_center.sum_histograms(jsonb) (
    sfunc = message_center.add_histograms, stype = jsonb
);

-- What `share` of the events did not exceed, in milliseconds: where its bucket ends. Null without events.
create or replace function message_center.percentile_ms(histogram jsonb, share float8) returns float8
language sql immutable
return (
    select 10 ^ ((min(ranked.bucket) + 1) / 20.0) / 1000
    from (
        select each.key::integer as bucket, sum(each.value::bigint) over (order by each.key::integer) as events_up_to,
            sum(each.value::bigint) over () as events
        from jsonb_each_text(histogram) as each
    ) as ranked
    where ranked.events_up_to >= share * ranked.events
);
