-- What each workflow says about itself: a row a workflow, rewritten with every sign of life.
create table message_center.workflow_heartbeat (
    workflow text primary key,
    last_start timestamptz,
    last_success timestamptz,
    window_end timestamptz,
    heartbeat_at timestamptz not null default clock_timestamp(),
    counts jsonb not null default '{}',
    last_error text,
    last_error_at timestamptz,
    -- updateEventStatus: what it has taken into account so far.
    watermark pg_snapshot,
    watermark_numbering integer not null default 0
);
