-- What superviseMessageCenter wants to know: the indicators, and for how long each workflow has been silent. One that
-- was never there has been since the registration.
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
) as measured
