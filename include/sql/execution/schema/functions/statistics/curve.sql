-- The curves of an instance over a period: what was noted, in steps of a minute or more that are counted from a Monday
-- at midnight (UTC), so that whole hours, days and weeks are steps.

-- A row for each step and queue in which something was noted. Seconds are means of those events. Errors are of routing
-- (not taken into account), expired, delivery (failed and bounced), ignored.
create or replace function message_center.curve(since timestamptz, until timestamptz, step interval)
returns table (
    at timestamptz, queue text, events_in bigint, routed bigint, sent bigint, routing_errors bigint, expired bigint,
    delivery_errors bigint, ignored bigint, postponed bigint, queue_seconds float8, sending_seconds float8,
    processing_seconds float8, pending_most bigint, pending_least bigint, pending_mean float8, oldest_seconds float8
)
language sql stable
begin atomic
    select date_bin(step, p.minute, '2000-01-03 00:00:00+00'), p.queue::text, sum(p.events_in), sum(p.routed),
        sum(p.sent), sum(p.not_taken_into_account), sum(p.expired), sum(p.failed + p.bounced), sum(p.ignored),
        sum(p.postponed),
        sum(p.queue_ms) / nullif(sum(p.routed), 0) / 1000,
        sum(p.sending_ms) / nullif(sum(p.sent + p.failed) filter (where p.sending_ms is not null), 0) / 1000,
        sum(p.processing_ms) / nullif(sum(p.sent + p.failed) filter (where p.processing_ms is not null), 0) / 1000,
        max(p.pending_most), min(p.pending_least), sum(p.pending_sum)::float8 / sum(p.samples), max(p.oldest_ms) / 1000
    from message_center.statistic_parts(since, until) as p
    group by 1, 2
    order by 1, 2;
end;
