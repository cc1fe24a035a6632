-- updateEventStatus: give each event the status that its delivery log has.

-- Give the events of some delivery logs their statuses.
--   skipped   the logs of those that another session has locked
create or replace function message_center.update_statuses_of_logs(
    ids bigint[],
    out sent integer, out ignored integer, out failed integer, out expired integer, out skipped bigint[]
)
language plpgsql as $$
begin
    with behind as materialized (
        select l.id, l.event_id, l.queue, l.status, l.message_id
        from unnest(ids) as changed (id)
        join message_center.delivery_log as l on l.id = changed.id
        join message_center.event as e on e.queue = l.queue and e.id = l.event_id
        where message_center.status_may_move(e.status, l.status)
    ),
    locked as materialized (
        select b.*, m.message
        from behind as b
        join message_center.event as e on e.queue = b.queue and e.id = b.event_id
        left join message_center.delivery_log_message as m on m.id = b.message_id
        where message_center.status_may_move(e.status, b.status)
        for no key update of e skip locked
    ),
    updated as (
        update message_center.event as e set
            status = k.status,
            status_reason = coalesce(k.message, case k.status when 'Expired'
                then format('expired on %s, before it was delivered', e.expiration) end),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from locked as k
        where e.queue = k.queue and e.id = k.event_id
        returning e.status
    )
    select
        count(*) filter (where u.status = 'Sent'),
        count(*) filter (where u.status = 'Ignored by the delivery'),
        count(*) filter (where u.status = 'Delivery failed'),
        count(*) filter (where u.status = 'Expired'),
        case when (select count(*) from behind) > (select count(*) from locked)
            then array(select b.id from behind as b except select k.id from locked as k) end
    into sent, ignored, failed, expired, skipped
    from updated as u;
end
$$;

-- The next delivery logs of a range. There are none at the range's end.
create or replace function message_center.changed_logs(
    start_xid xid8, start_id bigint, high xid8, max_rows integer,
    out ids bigint[], out last_xid xid8, out last_id bigint
)
language sql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with changed as materialized (
        select l.id, l.modified_xid
        from message_center.delivery_log as l
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid, l.id
        limit max_rows
    )
    select array(select c.id from changed as c), last.modified_xid, last.id
    from changed as last
    order by last.modified_xid desc, last.id desc
    limit 1;
end;

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
    cursor_name constant text := message_center.cursor_name('status');
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    skipped bigint[] := message_center.load_skipped('status');
    range record;
    ids bigint[];
    last_xid xid8;
    last_id bigint;
    step record;
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
        select c.ids, c.last_xid, c.last_id
        into ids, last_xid, last_id
        from message_center.changed_logs(range.start_xid, range.start_id, range.high, max_rows) as c;
        exit when last_id is not null;
    end loop;
    more := last_id is not null;
    if more then
        cursor.after_xid := last_xid;
        cursor.after_id := last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor(cursor_name, cursor);
    if more or skipped <> '{}' then
        step := message_center.update_statuses_of_logs(ids || skipped[:max_rows]);
        sent := step.sent; ignored := step.ignored; failed := step.failed; expired := step.expired;
        perform message_center.save_skipped('status', skipped[max_rows + 1:] || step.skipped);
    end if;
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
