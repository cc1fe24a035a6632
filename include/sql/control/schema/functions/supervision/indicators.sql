-- The indicators of all instances, as the last look has them, and what control itself knows.

-- subject: a queue, "all" queues, or the workflow that the indicator is about; empty for the instance. account is empty
-- for what belongs to none. Of an instance that is not reached there is only that, and what control knows of it.
create or replace function message_center.indicators(now_at timestamptz default clock_timestamp())
returns table (account text, subject text, indicator text, value float8, measured_at timestamptz)
language sql stable
begin atomic
    select l.account, m.subject, m.indicator, m.value, l.reached_at
    from message_center.look as l
    cross join lateral jsonb_to_recordset(l.measures) as m (subject text, indicator text, value float8)
    where l.error is null
    union all
    select l.account, '', 'unreachable', (l.error is not null)::integer, l.looked_at
    from message_center.look as l
    union all
    select l.account, 'mcSynch', 'archive_lag_seconds',
        date_part('epoch', now_at - coalesce(h.last_success, i.registered_at)), now_at
    from message_center.look as l
    join message_center.execution_instance as i on i.account = l.account
    left join message_center.workflow_heartbeat as h on h.account = l.account and h.workflow = 'mcSynch'
    union all
    -- mcSynch tries again and again, and is told by its lag.
    select h.account, h.workflow, 'run_failed',
        (h.last_error_at >= coalesce(h.last_start, '-infinity'))::integer, now_at
    from message_center.workflow_heartbeat as h
    where h.workflow <> 'mcSynch'
        and h.last_error_at is not null
        and (h.account = '' or exists (select from message_center.look as l where l.account = h.account));
end;
