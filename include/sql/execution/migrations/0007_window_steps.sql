-- What each step of a window has done, written in the step's own transaction: so a window that is taken up again after
-- a crash knows what it has done so far. Rows are added and never changed: one row a window, changed with each step,
-- would leave its dead versions in the way of the next change while somebody's transaction is open.
create table message_center.window_step (
    workflow text not null,
    window_end timestamptz not null,
    counts jsonb not null
);
create index window_step_window on message_center.window_step (workflow, window_end);
