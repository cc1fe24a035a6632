-- What superviseMessageCenter wants to know: the indicators, for how long each workflow has been silent, and how each
-- webhook stands. A workflow that was never there has been silent since the registration.
select coalesce(jsonb_agg(jsonb_build_object(
    'subject', measured.subject, 'indicator', measured.indicator, 'value', measured.value)), '[]')
from (
    select i.queue as subject, i.indicator, i.value
    from message_center.indicators(%(period)s::interval) as i
    union all
    select wanted.workflow, 'heartbeat_seconds',
        date_part('epoch', clock_timestamp() - coalesce(h.heartbeat_at, this.registered_at))
    from unnest(%(workflows)s::text[]) as wanted (workflow)
    cross join message_center.instance as this
    left join message_center.workflow_heartbeat as h on h.workflow = wanted.workflow
    union all
    select w.name, each.indicator, each.value
    from message_center.webhook as w
    cross join lateral (
        values
            ('webhook_disabled', (w.disabled_at is not null)::integer::float8),
            ('webhook_failing_seconds', case when w.disabled_at is null and w.failing_since is not null
                then date_part('epoch', clock_timestamp() - w.failing_since) else 0 end)
    ) as each (indicator, value)
    where w.removed_at is null
) as measured
