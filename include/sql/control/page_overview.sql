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
    ) as heartbeats
from message_center.execution_instance as i
