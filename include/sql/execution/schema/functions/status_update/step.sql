-- updateEventStatus: give each event the status that its delivery log has.

-- Update one set, from where the session's cursor stands. A new session goes on from the watermark in the heartbeat;
-- without one it compares the whole log. What another session has locked is skipped, and tried again at each step until
-- it is free. `more` says that the end is not reached yet: call again at once.
create or replace function message_center.update_event_statuses(max_rows integer)
returns table (sent integer, ignored integer, failed integer, expired integer, more boolean)
language plpgsql
-- Planner settings, for all that it calls: see routing/fast_path.sql.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    cursor_name text := message_center.cursor_name('status');
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    skipped bigint[] := message_center.load_skipped('status');
    range record;
    step record;
    retried record;
begin
    sent := 0; ignored := 0; failed := 0; expired := 0; more := false;
    -- One session at a time: two windows that overlap would only wait for each other.
    if not pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('update_event_statuses')) then
        return next;
        return;
    end if;
    if cursor.passing is null and cursor.seen is null then
        perform message_center.notice_restore();
        cursor_name := message_center.cursor_name('status');
        select h.watermark into cursor.seen
        from message_center.workflow_heartbeat as h
        where h.workflow = 'updateEventStatus';
    end if;

    if skipped <> '{}' then
        retried := message_center.update_statuses_of_logs(skipped[:max_rows]);
        sent := retried.sent; ignored := retried.ignored; failed := retried.failed; expired := retried.expired;
        perform message_center.save_skipped('status', skipped[max_rows + 1:] || retried.skipped);
    end if;
    cursor := message_center.begin_pass(cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.update_statuses_of_range(range.start_xid, range.start_id, range.high, max_rows);
        exit when step.claimed > 0;
    end loop;
    more := step.claimed > 0;
    if more then
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
        sent := sent + step.sent; ignored := ignored + step.ignored;
        failed := failed + step.failed; expired := expired + step.expired;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor(cursor_name, cursor);
    return next;
end
$$;

-- Keep what this session has taken into account as the watermark from which the next one goes on: not beyond what it
-- has skipped.
create or replace function message_center.save_status_watermark() returns void
language sql
begin atomic
    update message_center.workflow_heartbeat as h
    set watermark = cursor.seen
    from message_center.instance as i
    cross join message_center.load_cursor(message_center.cursor_name('status')) as cursor
    where h.workflow = 'updateEventStatus'
        and cursor.seen is not null
        and message_center.load_skipped('status') = '{}'
        -- Looked at again should a restore have been noticed meanwhile.
        and h.watermark_numbering = i.numbering;
end;
