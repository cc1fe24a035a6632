-- What the control instance knows of each account: who it is, and how far its archive has come.
select i.account, i.instance_identifier, i.registered_at, i.resynchronised_at, i.resynchronised_reason,
    (
        select extract(epoch from clock_timestamp() - min(w.archived_at))::float
        from message_center.archive_watermark as w
        where w.account = i.account and w.stream = 'archive_events'
    ) as archive_lag_seconds,
    (select count(*) from archive.set_aside_row as r where r.account = i.account) as set_aside,
    (
        select coalesce(jsonb_object_agg(h.workflow, jsonb_build_object(
            'heartbeat_at', h.heartbeat_at,
            'last_success', h.last_success,
            'is_recent', coalesce(h.last_success > clock_timestamp() - %(cadence)s::interval, false),
            'last_error', h.last_error,
            'last_error_at', h.last_error_at
        )), '{}')
        from message_center.workflow_heartbeat as h
        where h.account = i.account
    ) as heartbeats,
    -- What the supervision saw, for as long as the instance itself has not answered.
    (
        select jsonb_build_object(
            'seen_at', l.reached_at,
            'queues', (
                select jsonb_object_agg(q.subject, q.said)
                from (
                    select m.subject, jsonb_build_object(
                        'pending', max(m.value) filter (where m.indicator = 'pending'),
                        'oldest_seconds', max(m.value) filter (where m.indicator = 'oldest_pending_seconds')) as said
                    from jsonb_to_recordset(l.measures) as m (subject text, indicator text, value float8)
                    where m.subject in ('rt', 'batch')
                    group by m.subject
                ) as q
            ),
            'indicators', (
                select jsonb_object_agg(m.indicator, m.value)
                from jsonb_to_recordset(l.measures) as m (subject text, indicator text, value float8)
                where m.subject = 'all'
            ))
        from message_center.look as l
        where l.account = i.account and l.error is null and l.reached_at > clock_timestamp() - %(recent)s::interval
    ) as seen
from message_center.execution_instance as i
