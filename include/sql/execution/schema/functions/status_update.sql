-- updateEventStatus: give each event the status that its delivery log has.

-- Update the events of the next delivery logs of a range. Nothing is claimed at the range's end.
create or replace function message_center.update_statuses_of_range(
    start_xid xid8, start_id bigint, high xid8, max_rows integer,
    out claimed integer, out sent integer, out ignored integer, out failed integer, out expired integer,
    out last_xid xid8, out last_id bigint
)
language plpgsql as $$
begin
    with changed as materialized (
        select l.id, l.modified_xid, l.event_id, l.queue, l.status, l.message_id
        from message_center.delivery_log as l
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid, l.id
        limit max_rows
    ),
    updated as (
        update message_center.event as e set
            status = c.status,
            status_reason = coalesce(m.message, case c.status when 'Expired'
                then format('expired on %s, before it was delivered', e.expiration) end),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from changed as c
        left join message_center.delivery_log_message as m on m.id = c.message_id
        where e.queue = c.queue and e.id = c.event_id and message_center.status_may_move(e.status, c.status)
        returning e.status
    )
    select
        (select count(*) from changed),
        count(*) filter (where u.status = 'Sent'),
        count(*) filter (where u.status = 'Ignored by the delivery'),
        count(*) filter (where u.status = 'Delivery failed'),
        count(*) filter (where u.status = 'Expired'),
        (select c.modified_xid from changed as c order by c.modified_xid desc limit 1),
        (select c.id from changed as c order by c.modified_xid desc, c.id desc limit 1)
    into claimed, sent, ignored, failed, expired, last_xid, last_id
    from updated as u;
end
$$;

-- Update one set, from where the session's cursor stands. A new session goes on from the watermark in the heartbeat;
-- without one it compares the whole log. `more` says that the end is not reached yet: call again at once.
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
    cursor_name constant text := message_center.cursor_name('status');
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    range record;
    step record;
    claimed integer := 0;
begin
    sent := 0; ignored := 0; failed := 0; expired := 0; more := false;
    -- One session at a time: two windows that overlap would only wait for each other.
    if not pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('update_event_statuses')) then
        return next;
        return;
    end if;
    if cursor.passing is null and cursor.seen is null then
        perform message_center.notice_restore();
        select h.watermark into cursor.seen
        from message_center.workflow_heartbeat as h
        where h.workflow = 'updateEventStatus';
    end if;

    cursor := message_center.begin_pass(cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.update_statuses_of_range(range.start_xid, range.start_id, range.high, max_rows);
        claimed := step.claimed;
        sent := step.sent; ignored := step.ignored; failed := step.failed; expired := step.expired;
        exit when claimed > 0;
    end loop;
    if claimed > 0 then
        more := true;
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor(cursor_name, cursor);
    return next;
end
$$;

-- Keep what this session has taken into account as the watermark from which the next one goes on.
create or replace function message_center.save_status_watermark() returns void
language sql
begin atomic
    update message_center.workflow_heartbeat as h
    set watermark = cursor.seen
    from message_center.instance as i
    cross join message_center.load_cursor(message_center.cursor_name('status')) as cursor
    where h.workflow = 'updateEventStatus'
        and cursor.seen is not null
        -- Looked at again should a restore have been noticed meanwhile.
        and h.watermark_numbering = i.numbering;
end;
