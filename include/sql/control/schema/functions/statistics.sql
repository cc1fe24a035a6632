-- The statistics of all instances. Histograms are as the instances make them: see functions/statistics/histograms.sql
-- of the execution side.

create or replace function archive.add_histograms(one jsonb, other jsonb) returns jsonb
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

create or replace aggregate archive.sum_histograms(jsonb) (sfunc = archive.add_histograms, stype = jsonb);

create or replace function archive.percentile_ms(histogram jsonb, share float8) returns float8
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

-- The curves of an account over a period, as message_center.curve of its instance: from minutes as long as there are
-- any, and of what is older from days. What was done since the last archiving is not there yet.
create or replace function archive.curve(account text, since timestamptz, until timestamptz, step interval)
returns table (
    at timestamptz, queue text, events_in bigint, routed bigint, sent bigint, routing_errors bigint, expired bigint,
    delivery_errors bigint, ignored bigint, postponed bigint, queue_seconds float8, sending_seconds float8,
    processing_seconds float8, pending_most bigint, pending_least bigint, pending_mean float8, oldest_seconds float8
)
language sql stable
begin atomic
    with part as (
        select s.minute as begins, s.queue, s.events_in, s.routed, s.not_taken_into_account, s.expired, s.sent,
            s.ignored, s.failed, s.bounced, s.postponed, s.queue_ms, s.sending_ms, s.processing_ms, s.pending_most,
            s.pending_least, s.pending_sum, s.samples, s.oldest_ms
        from archive.statistic as s
        where s.account = curve.account and s.minute >= since and s.minute < until
        union all
        select d.day, d.queue, d.events_in, d.routed, d.not_taken_into_account, d.expired, d.sent,
            d.ignored, d.failed, d.bounced, d.postponed, d.queue_ms, d.sending_ms, d.processing_ms, d.pending_most,
            d.pending_least, d.pending_sum, d.samples, d.oldest_ms
        from archive.statistic_day as d
        where d.account = curve.account and d.day >= since and d.day < until
            and not exists (
                select from archive.statistic as s
                where s.account = curve.account and s.minute >= d.day and s.minute < d.day + interval '24 hours')
    )
    select date_bin(step, p.begins, '2000-01-03 00:00:00+00'), p.queue, sum(p.events_in), sum(p.routed), sum(p.sent),
        sum(p.not_taken_into_account), sum(p.expired), sum(p.failed + p.bounced), sum(p.ignored), sum(p.postponed),
        sum(p.queue_ms) / nullif(sum(p.routed), 0) / 1000,
        sum(p.sending_ms) / nullif(sum(p.sent + p.failed) filter (where p.sending_ms is not null), 0) / 1000,
        sum(p.processing_ms) / nullif(sum(p.sent + p.failed) filter (where p.processing_ms is not null), 0) / 1000,
        max(p.pending_most), min(p.pending_least), sum(p.pending_sum)::float8 / sum(p.samples), max(p.oldest_ms) / 1000
    from part as p
    group by 1, 2
    order by 1, 2;
end;
