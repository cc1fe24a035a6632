-- The days of which the last pass has brought minutes, added up anew. A day whose minutes begin to go stays as it is.
with changed as materialized (
    select distinct date_trunc('day', s.minute, 'UTC') as day
    from archive.statistic as s
    where s.account = %(account)s
        and s.archived_at >= coalesce(
            (select max(d.rolled_up_at) from archive.statistic_day as d where d.account = %(account)s), '-infinity')
),
summed as (
    select c.day, s.queue, count(*) as minutes, sum(s.events_in) as events_in, sum(s.routed) as routed,
        sum(s.not_taken_into_account) as not_taken_into_account, sum(s.expired) as expired, sum(s.sent) as sent,
        sum(s.ignored) as ignored, sum(s.failed) as failed, sum(s.bounced) as bounced, sum(s.postponed) as postponed,
        archive.sum_histograms(s.queue_times) as queue_times, sum(s.queue_ms) as queue_ms,
        archive.sum_histograms(s.sending_times) as sending_times, sum(s.sending_ms) as sending_ms,
        archive.sum_histograms(s.processing_times) as processing_times, sum(s.processing_ms) as processing_ms,
        max(s.pending_most) as pending_most, min(s.pending_least) as pending_least, sum(s.pending_sum) as pending_sum,
        sum(s.samples) as samples, max(s.oldest_ms) as oldest_ms
    from changed as c
    join archive.statistic as s
        on s.account = %(account)s and s.minute >= c.day and s.minute < c.day + interval '24 hours'
    group by c.day, s.queue
)
insert into archive.statistic_day as known (
    account, day, queue, events_in, routed, not_taken_into_account, expired, sent, ignored, failed, bounced, postponed,
    queue_times, queue_ms, sending_times, sending_ms, processing_times, processing_ms, pending_most, pending_least,
    pending_sum, samples, oldest_ms)
select %(account)s, s.day, s.queue, s.events_in, s.routed, s.not_taken_into_account, s.expired, s.sent, s.ignored,
    s.failed, s.bounced, s.postponed, s.queue_times, s.queue_ms, s.sending_times, s.sending_ms, s.processing_times,
    s.processing_ms, s.pending_most, s.pending_least, s.pending_sum, s.samples, s.oldest_ms
from summed as s
order by s.day, s.queue
on conflict (account, day, queue) do update set
    (events_in, routed, not_taken_into_account, expired, sent, ignored, failed, bounced, postponed) = row(
        excluded.events_in, excluded.routed, excluded.not_taken_into_account, excluded.expired, excluded.sent,
        excluded.ignored, excluded.failed, excluded.bounced, excluded.postponed),
    (queue_times, queue_ms, sending_times, sending_ms, processing_times, processing_ms) = row(
        excluded.queue_times, excluded.queue_ms, excluded.sending_times, excluded.sending_ms,
        excluded.processing_times, excluded.processing_ms),
    (pending_most, pending_least, pending_sum, samples, oldest_ms) = row(
        excluded.pending_most, excluded.pending_least, excluded.pending_sum, excluded.samples, excluded.oldest_ms),
    rolled_up_at = excluded.rolled_up_at
-- Where minutes have been purged, what is left of a day is less than what it was.
where known.samples is null or excluded.samples >= known.samples
