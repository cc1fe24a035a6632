-- updateEventStatus: give each event the status that its delivery log has.

-- Copy one set, from where the session's cursor stands. A new session goes on from the watermark in the heartbeat;
-- without one it compares the whole log. `more` says that the end is not reached yet: call again at once.
create function message_center.copy_statuses(batch integer)
returns table (sent integer, ignored integer, failed integer, expired integer, more boolean)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    cursor message_center.queue_cursor := message_center.load_cursor('status');
    range record;
    step record;
begin
    sent := 0; ignored := 0; failed := 0; expired := 0; more := false;
    -- One copier at a time: two windows that overlap would only wait for each other.
    if not pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('copy_statuses')) then
        return next;
        return;
    end if;
    if cursor.passing is null then
        if cursor.seen is null then
            select h.watermark into cursor.seen
            from message_center.workflow_heartbeat as h
            where h.workflow = 'updateEventStatus';
        end if;
        cursor.passing := pg_current_snapshot();
        cursor.after_xid := '0';
        cursor.after_id := 0;
    end if;

    for range in select * from message_center.xid_ranges(cursor.seen, cursor.after_xid) loop
        with changed as materialized (
            select l.id, l.modified_xid, l.event_id, l.queue, l.status, l.message_id
            from message_center.delivery_log as l
            where (l.modified_xid, l.id) > (greatest(range.low, cursor.after_xid),
                    case when cursor.after_xid >= range.low then cursor.after_id else 0 end)
                and l.modified_xid <= range.high
            order by l.modified_xid, l.id
            limit batch
        ),
        copied as (
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
            (select count(*) from changed) as claimed,
            count(*) filter (where status = 'Sent') as sent,
            count(*) filter (where status = 'Ignored by the delivery') as ignored,
            count(*) filter (where status = 'Delivery failed') as failed,
            count(*) filter (where status = 'Expired') as expired,
            (select c.modified_xid from changed as c order by c.modified_xid desc limit 1) as last_xid,
            (select c.id from changed as c order by c.modified_xid desc, c.id desc limit 1) as last_id
        into step
        from copied;
        if step.claimed > 0 then
            sent := step.sent; ignored := step.ignored; failed := step.failed; expired := step.expired;
            cursor.after_xid := step.last_xid;
            cursor.after_id := step.last_id;
            more := true;
            exit;
        end if;
    end loop;

    if not more then
        cursor.seen := cursor.passing;
        cursor.passing := null;
    end if;
    perform message_center.save_cursor('status', cursor);
    return next;
end
$$;

-- Keep what this session has copied as the watermark from which the next one goes on.
create function message_center.save_status_watermark() returns void
language sql
begin atomic
    update message_center.workflow_heartbeat
    set watermark = (message_center.load_cursor('status')).seen
    where workflow = 'updateEventStatus' and (message_center.load_cursor('status')).seen is not null;
end;
