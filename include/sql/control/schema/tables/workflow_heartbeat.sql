-- What each workflow says about itself, a row an account.
create table message_center.workflow_heartbeat (
    workflow text not null,
    account text not null,
    last_start timestamptz,
    last_success timestamptz,
    window_end timestamptz,
    counts jsonb not null default '{}',
    last_error text,
    last_error_at timestamptz,
    heartbeat_at timestamptz not null default clock_timestamp(),
    primary key (workflow, account)
);
