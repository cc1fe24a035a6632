-- What a workflow of the control instance says about itself, one row an account. The counts are those of the latest
-- run: streams run side by side, and each adds its own.
insert into message_center.workflow_heartbeat as heartbeat
    (workflow, account, last_start, last_success, counts, last_error, last_error_at)
values (
    %(workflow)s,
    %(account)s,
    case when %(phase)s = 'start' then clock_timestamp() end,
    case when %(phase)s = 'success' then clock_timestamp() end,
    %(counts)s,
    %(error)s::text,
    case when %(phase)s = 'error' then clock_timestamp() end
)
on conflict (workflow, account) do update set
    last_start = coalesce(excluded.last_start, heartbeat.last_start),
    last_success = coalesce(excluded.last_success, heartbeat.last_success),
    counts = case when %(phase)s = 'start' then '{}' else heartbeat.counts end || excluded.counts,
    last_error = coalesce(excluded.last_error, heartbeat.last_error),
    last_error_at = coalesce(excluded.last_error_at, heartbeat.last_error_at),
    heartbeat_at = excluded.heartbeat_at
