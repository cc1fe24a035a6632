-- updateEventStatus: give each event the status that its delivery log has.

-- Give the events of the next delivery logs of a range their statuses: at most max_rows, on the fast path, else on the
-- careful one. Nothing is claimed at the range's end.
create or replace function message_center.update_statuses_of_range(
    start_xid xid8, start_id bigint, high xid8, max_rows integer,
    out claimed integer, out sent integer, out ignored integer, out failed integer, out expired integer,
    out last_xid xid8, out last_id bigint
)
language plpgsql as $$
declare
    skipped bigint[];
begin
    select last.modified_xid, last.id
    into last_xid, last_id
    from (
        select l.modified_xid, l.id
        from message_center.delivery_log as l
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid, l.id
        limit max_rows
    ) as last
    order by last.modified_xid desc, last.id desc
    limit 1;
    claimed := (last_id is not null)::integer;
    if claimed > 0 then
        select s.sent, s.ignored, s.failed, s.expired
        into sent, ignored, failed, expired
        from message_center.update_statuses_between(start_xid, start_id, last_xid, last_id) as s;
    end if;
exception
    when lock_not_available or deadlock_detected then
        select s.sent, s.ignored, s.failed, s.expired, s.skipped
        into sent, ignored, failed, expired, skipped
        from message_center.update_statuses_of_logs(array(
            select l.id
            from message_center.delivery_log as l
            where (l.modified_xid, l.id) > (start_xid, start_id) and (l.modified_xid, l.id) <= (last_xid, last_id)
        )) as s;
        perform message_center.save_skipped('status', message_center.load_skipped('status') || skipped);
end
$$;

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
    cursor_name text;
    cursor message_center.queue_cursor;
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
    -- First: a restore gives the cursor another name.
    perform message_center.notice_restore();
    cursor_name := message_center.cursor_name('status');
    cursor := message_center.load_cursor(cursor_name);
    if cursor.passing is null and cursor.seen is null then
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
        perform message_center.wake_up('deliverWebhooks');
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
