-- From the notes of steps to one row for each minute and queue.

create or replace function message_center.statistic_id(minute timestamptz, queue message_center.event_queue)
returns bigint
language sql stable
begin atomic
    select (coalesce(i.instance_identifier, 0)::bigint << 56)
        + 2 * floor(date_part('epoch', minute) / 60)::bigint + (queue = 'batch')::integer
    from message_center.instance as i;
end;

-- All that has been noted of some time, put together or not.
create or replace function message_center.statistic_parts(since timestamptz, until timestamptz default 'infinity')
returns setof message_center.statistic_step
language sql stable
begin atomic
    select s.minute, s.queue, s.events_in, s.routed, s.not_taken_into_account, s.expired, s.sent, s.ignored, s.failed,
        s.bounced, s.postponed, s.queue_times, s.queue_ms, s.sending_times, s.sending_ms, s.processing_times,
        s.processing_ms, s.pending_most, s.pending_least, s.pending_sum, s.samples, s.oldest_ms
    from message_center.statistic as s
    where s.minute >= since and s.minute < until
    union all
    select n.*
    from message_center.statistic_step as n
    where n.minute >= since and n.minute < until;
end;

-- Add what steps have noted to the minutes, due with each heartbeat of a window. One session at a time: whoever comes
-- meanwhile has nothing to wait for.
create or replace function message_center.compact_statistics() returns void
language plpgsql as $$
begin
    if not pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('compact_statistics')) then
        return;
    end if;
    with taken as (
        delete from message_center.statistic_step as n where n.minute is not null returning n.*
    ),
    part as materialized (
        select t.* from taken as t
        union all
        select s.minute, s.queue, s.events_in, s.routed, s.not_taken_into_account, s.expired, s.sent, s.ignored,
            s.failed, s.bounced, s.postponed, s.queue_times, s.queue_ms, s.sending_times, s.sending_ms,
            s.processing_times, s.processing_ms, s.pending_most, s.pending_least, s.pending_sum, s.samples, s.oldest_ms
        from message_center.statistic as s
        where s.id in (select message_center.statistic_id(t.minute, t.queue) from taken as t)
    )
    insert into message_center.statistic (
        id, minute, queue, events_in, routed, not_taken_into_account, expired, sent, ignored, failed, bounced,
        postponed, queue_times, queue_ms, sending_times, sending_ms, processing_times, processing_ms,
        pending_most, pending_least, pending_sum, samples, oldest_ms)
    select message_center.statistic_id(p.minute, p.queue), p.minute, p.queue, sum(p.events_in), sum(p.routed),
        sum(p.not_taken_into_account), sum(p.expired), sum(p.sent), sum(p.ignored), sum(p.failed), sum(p.bounced),
        sum(p.postponed), message_center.sum_histograms(p.queue_times), sum(p.queue_ms),
        message_center.sum_histograms(p.sending_times), sum(p.sending_ms),
        message_center.sum_histograms(p.processing_times), sum(p.processing_ms),
        max(p.pending_most), min(p.pending_least), sum(p.pending_sum), sum(p.samples), max(p.oldest_ms)
    from part as p
    group by p.minute, p.queue
    order by p.minute, p.queue
    on conflict (id) do update set
        (events_in, routed, not_taken_into_account, expired, sent, ignored, failed, bounced, postponed) = row(
            excluded.events_in, excluded.routed, excluded.not_taken_into_account, excluded.expired, excluded.sent,
            excluded.ignored, excluded.failed, excluded.bounced, excluded.postponed),
        (queue_times, queue_ms, sending_times, sending_ms, processing_times, processing_ms) = row(
            excluded.queue_times, excluded.queue_ms, excluded.sending_times, excluded.sending_ms,
            excluded.processing_times, excluded.processing_ms),
        (pending_most, pending_least, pending_sum, samples, oldest_ms) = row(
            excluded.pending_most, excluded.pending_least, excluded.pending_sum, excluded.samples, excluded.oldest_ms),
        (modified_at, modified_xid) = row(clock_timestamp(), pg_current_xact_id());
end
$$;
