-- The indicators of an instance: what the page, metrics, alerts and load balancers go by.

-- The queue as it is: as its window saw it with the last heartbeat, or as it is seen now if no window works it.
create or replace function message_center.queue_now()
returns table (queue message_center.event_queue, pending bigint, waiting_since timestamptz, sampled_at timestamptz)
language sql stable
begin atomic
    select q.queue, coalesce(s.pending, live.pending), case when s.queue is null then live.waiting_since
        else s.waiting_since end, coalesce(s.sampled_at, clock_timestamp())
    from unnest(enum_range(null::message_center.event_queue)) as q (queue)
    left join message_center.queue_sample as s
        on s.queue = q.queue and s.sampled_at > clock_timestamp() - interval '15 seconds'
    left join lateral message_center.look_at_queue(q.queue, '0', 0, '-infinity') as live on s.queue is null;
end;

-- Events that wait for an engine for longer than a minute, up to 1,000: whether there is something to send.
create or replace function message_center.awaiting_delivery() returns table (queue text, events bigint)
language sql stable
-- Planner settings: see routing/fast_path.sql.
set enable_seqscan = off
begin atomic
    with oldest as materialized (
        select e.id, e.queue, e.processed_at
        from unnest('{0,1,41,42}'::smallint[]) as channel (number)
        cross join lateral (
            select each.id, each.queue, each.processed_at
            from message_center.event as each
            where each.status = 'Pending delivery' and each.wished_channel = channel.number
            order by each.modified_xid, each.id
            limit 1000
        ) as e
    )
    select coalesce(o.queue::text, 'all'), count(*)
    from oldest as o
    where o.processed_at < clock_timestamp() - interval '1 minute'
        and not exists (select from message_center.delivery_log as l where l.event_id = o.id)
    group by grouping sets ((o.queue), ());
end;

-- What was noted since a minute, by queue and for both of them ("all"). A greatest or least length, or an age, of both
-- is that of the queue in which it is greater; the mean length is the sum.
create or replace function message_center.statistics_since(since timestamptz) returns table (
    queue text, events_in bigint, routed bigint, not_taken_into_account bigint, expired bigint, sent bigint,
    ignored bigint, failed bigint, bounced bigint, postponed bigint,
    queue_times jsonb, queue_ms float8, sending_times jsonb, sending_ms float8, processing_times jsonb,
    processing_ms float8, pending_most bigint, pending_least bigint, pending_mean float8, oldest_ms float8
)
language sql stable
begin atomic
    with by_queue as materialized (
        select p.queue, sum(p.events_in) as events_in, sum(p.routed) as routed,
            sum(p.not_taken_into_account) as not_taken_into_account, sum(p.expired) as expired, sum(p.sent) as sent,
            sum(p.ignored) as ignored, sum(p.failed) as failed, sum(p.bounced) as bounced,
            sum(p.postponed) as postponed, message_center.sum_histograms(p.queue_times) as queue_times,
            sum(p.queue_ms) as queue_ms, message_center.sum_histograms(p.sending_times) as sending_times,
            sum(p.sending_ms) as sending_ms, message_center.sum_histograms(p.processing_times) as processing_times,
            sum(p.processing_ms) as processing_ms, max(p.pending_most) as pending_most,
            min(p.pending_least) as pending_least, sum(p.pending_sum)::float8 / sum(p.samples) as pending_mean,
            max(p.oldest_ms) as oldest_ms
        from message_center.statistic_parts(since) as p
        group by p.queue
    )
    select coalesce(b.queue::text, 'all'), sum(b.events_in), sum(b.routed), sum(b.not_taken_into_account),
        sum(b.expired), sum(b.sent), sum(b.ignored), sum(b.failed), sum(b.bounced), sum(b.postponed),
        message_center.sum_histograms(b.queue_times), sum(b.queue_ms),
        message_center.sum_histograms(b.sending_times), sum(b.sending_ms),
        message_center.sum_histograms(b.processing_times), sum(b.processing_ms),
        max(b.pending_most), max(b.pending_least), sum(b.pending_mean), max(b.oldest_ms)
    from by_queue as b
    group by grouping sets ((b.queue), ());
end;

create or replace function message_center.events_of(histogram jsonb) returns bigint
language sql immutable
return (select sum(each.value::bigint) from jsonb_each_text(histogram) as each);

-- Addresses that came into quarantine in the last hour, and what share of the messages that they are, in percent; null
-- below 100 messages.
create or replace function message_center.quarantine_growth(out addresses bigint, out share float8)
language sql stable
begin atomic
    select q.addresses, case when m.messages >= 100 then 100.0 * q.addresses / m.messages end
    from (
        select count(*) as addresses
        from message_center.quarantine as c
        where c.quarantined_at > clock_timestamp() - interval '1 hour'
    ) as q
    cross join (
        select sum(p.sent + p.failed + p.bounced) as messages
        from message_center.statistic_parts(date_trunc('minute', clock_timestamp() - interval '1 hour')) as p
    ) as m;
end;

-- The indicators over the last minutes, by queue and for both ("all"); docs/monitoring.md says what each is. Null where
-- there was nothing to measure.
create or replace function message_center.indicators(period interval default interval '5 minutes')
returns table (queue text, indicator text, value float8)
language sql stable
begin atomic
    with pending as materialized (
        select coalesce(n.queue::text, 'all') as queue, sum(n.pending) as events,
            coalesce(message_center.ms_between(min(n.waiting_since), clock_timestamp()) / 1000, 0) as age
        from message_center.queue_now() as n
        group by grouping sets ((n.queue), ())
    ),
    since (minute) as materialized (
        select date_trunc('minute', clock_timestamp() - period)
    ),
    measured as materialized (
        select p.queue as of_queue, p.events as pending, p.age, s.*, coalesce(a.events, 0) as awaiting,
            s.sent + s.ignored + s.failed + s.not_taken_into_account + s.expired as ended,
            message_center.ms_between(since.minute, clock_timestamp()) / 3600000 as hours
        from pending as p
        cross join since
        left join message_center.statistics_since(since.minute) as s on s.queue = p.queue
        left join message_center.awaiting_delivery() as a on a.queue = p.queue
    )
    select m.of_queue, each.indicator, each.value
    from measured as m
    cross join lateral (
        values
            ('pending', m.pending::float8),
            ('oldest_pending_seconds', m.age),
            ('oldest_pending_seconds_most', greatest(m.age, m.oldest_ms / 1000)),
            ('pending_most', greatest(m.pending, m.pending_most)),
            ('pending_least', least(m.pending, m.pending_least)),
            ('pending_mean', coalesce(m.pending_mean, m.pending)),
            ('error_rate', 100.0 * (m.ignored + m.failed + m.bounced + m.not_taken_into_account + m.expired)
                / nullif(m.ended + m.bounced, 0)),
            ('queue_seconds', m.queue_ms / nullif(m.routed, 0) / 1000),
            ('sending_seconds', m.sending_ms / message_center.events_of(m.sending_times) / 1000),
            ('processing_seconds', m.processing_ms / message_center.events_of(m.processing_times) / 1000),
            ('queue_seconds_p95', message_center.percentile_ms(m.queue_times, 0.95) / 1000),
            ('sending_seconds_p95', message_center.percentile_ms(m.sending_times, 0.95) / 1000),
            ('processing_seconds_p95', message_center.percentile_ms(m.processing_times, 0.95) / 1000),
            ('awaiting_delivery', m.awaiting),
            ('outgoing_per_hour', case when m.awaiting > 0 then coalesce(m.sent, 0) / m.hours end),
            ('events_in', coalesce(m.events_in, 0)),
            ('routed', coalesce(m.routed, 0)),
            ('sent', coalesce(m.sent, 0)),
            ('ignored', coalesce(m.ignored, 0)),
            ('failed', coalesce(m.failed, 0)),
            ('bounced', coalesce(m.bounced, 0)),
            ('not_taken_into_account', coalesce(m.not_taken_into_account, 0)),
            ('expired', coalesce(m.expired, 0)),
            ('postponed', coalesce(m.postponed, 0))
    ) as each (indicator, value)
    union all
    select 'all', growth.indicator, growth.value
    from message_center.quarantine_growth() as g
    cross join lateral (
        values ('quarantined_per_hour', g.addresses::float8), ('quarantine_rate', g.share)
    ) as growth (indicator, value);
end;
