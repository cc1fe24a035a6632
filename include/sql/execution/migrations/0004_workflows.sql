-- What the workflows share: heartbeats, waking a window, and the cursor that walks a queue.

create table message_center.workflow_heartbeat (
    workflow text primary key,
    last_start timestamptz,
    last_success timestamptz,
    window_end timestamptz,
    beat_at timestamptz not null default clock_timestamp(),
    counts jsonb not null default '{}',
    last_error text,
    last_error_at timestamptz,
    -- updateEventStatus: what it has copied so far.
    watermark pg_snapshot
);

create function message_center.beat(
    workflow text, moment text, window_end timestamptz, counts jsonb default '{}', error text default null
) returns void
language sql
begin atomic
    insert into message_center.workflow_heartbeat as h
        (workflow, last_start, last_success, window_end, counts, last_error, last_error_at)
    values (
        workflow,
        case moment when 'start' then clock_timestamp() end,
        case moment when 'success' then clock_timestamp() end,
        window_end,
        counts,
        error,
        case when error is not null then clock_timestamp() end
    )
    on conflict (workflow) do update set
        last_start = coalesce(excluded.last_start, h.last_start),
        last_success = coalesce(excluded.last_success, h.last_success),
        window_end = greatest(excluded.window_end, h.window_end),
        beat_at = clock_timestamp(),
        counts = case moment when 'start' then h.counts else excluded.counts end,
        last_error = coalesce(excluded.last_error, h.last_error),
        last_error_at = coalesce(excluded.last_error_at, h.last_error_at);
end;

-- Waking a window costs a NOTIFY, and a NOTIFY per insert costs two thirds of the intake rate. So a window that
-- waits holds an exclusive advisory lock, and a writer that gets the shared one knows that nobody waits.
-- There is no gap: a window cannot begin to wait while a writer that saw nobody waiting is uncommitted.
create function message_center.wake_up(workflow text) returns void
language plpgsql as $$
begin
    if not pg_try_advisory_xact_lock_shared(hashtext('message_center'), hashtext(workflow)) then
        perform pg_notify('message_center.' || workflow, '');
    end if;
end
$$;

create function message_center.begin_waiting(workflow text) returns boolean
language sql
return pg_try_advisory_lock(hashtext('message_center'), hashtext(workflow));

create function message_center.end_waiting(workflow text) returns boolean
language sql
return pg_advisory_unlock(hashtext('message_center'), hashtext(workflow));

-- Where a session stands in a queue. It never starts at the head again within a session, because with a
-- transaction held open anywhere the head is a graveyard of index entries that nothing can remove.
--   seen      everything visible to this snapshot has been looked at
--   passing   the snapshot of the pass under way; becomes seen when the pass has reached the end
--   after_xid, after_id    how far the pass has come
--   due_at, due_id         the same for the rows that wait for a time
create type message_center.queue_cursor as (
    seen pg_snapshot,
    passing pg_snapshot,
    after_xid xid8,
    after_id bigint,
    due_at timestamptz,
    due_id bigint
);

-- A new session starts at the head: that is the sweep for what a crashed window had locked.
create function message_center.load_cursor(name text) returns message_center.queue_cursor
language sql stable
return coalesce(
    nullif(current_setting('message_center.cursor_' || name, true), '')::message_center.queue_cursor,
    row(null, null, '0', 0, '-infinity', 0)::message_center.queue_cursor
);

create function message_center.save_cursor(name text, cursor message_center.queue_cursor) returns void
language sql
return set_config('message_center.cursor_' || name, cursor::text, false);

-- The ranges of modified_xid in which rows may have become visible since a snapshot: each transaction that was
-- in progress then, and all later ones. In ascending order, so that one (xid, id) walks them all.
create function message_center.xid_ranges(seen pg_snapshot, after_xid xid8)
returns table (low xid8, high xid8)
language sql stable
begin atomic
    select range.low, range.high
    from (
        select xip as low, xip as high from pg_snapshot_xip(seen) as xip
        union all
        select coalesce(pg_snapshot_xmax(seen), '0'), '18446744073709551615'
    ) as range (low, high)
    where range.high >= after_xid
    order by range.low;
end;
