-- A workflow's sign of life.
--   phase   'start' of a window, 'progress', or 'success': its end
create or replace function message_center.record_heartbeat(
    workflow text, phase text, window_end timestamptz, counts jsonb default '{}', error text default null
) returns void
language sql
begin atomic
    insert into message_center.workflow_heartbeat as h
        (workflow, last_start, last_success, window_end, counts, last_error, last_error_at)
    values (
        workflow,
        case phase when 'start' then clock_timestamp() end,
        case phase when 'success' then clock_timestamp() end,
        window_end,
        counts,
        error,
        case when error is not null then clock_timestamp() end
    )
    on conflict (workflow) do update set
        last_start = coalesce(excluded.last_start, h.last_start),
        last_success = coalesce(excluded.last_success, h.last_success),
        window_end = greatest(excluded.window_end, h.window_end),
        heartbeat_at = clock_timestamp(),
        counts = case phase when 'start' then h.counts else excluded.counts end,
        last_error = coalesce(excluded.last_error, h.last_error),
        last_error_at = coalesce(excluded.last_error_at, h.last_error_at);
end;
