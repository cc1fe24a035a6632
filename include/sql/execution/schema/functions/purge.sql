-- Purge: what is old and at its end goes, but nothing that has not been archived: `archived_snapshot` is the
-- archive's watermark, the snapshot of this database up to which it has everything. Each function takes the next
-- max_rows in the order of their ids, that is of their age, and says where it came to; `more` is false once it meets
-- what is young. Rows that are set aside, because the archive could not take them, stay.

create or replace function message_center.purge_events(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select e.id, e.queue, e.modified_xid, e.created_at < clock_timestamp() - kept as is_old,
            e.status not in ('Pending', 'Pending delivery') as is_final
        from message_center.event as e
        where e.id > after_id
        order by e.id
        limit max_rows
    ),
    gone as (
        delete from message_center.event as e
        using walked as w
        where e.queue = w.queue
            and e.id = w.id
            and e.modified_xid = w.modified_xid
            and w.is_old
            and w.is_final
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
        returning e.idempotency_key, e.caller
    ),
    forgotten as (
        delete from message_center.idempotency_key as k
        using gone
        where k.caller = coalesce(gone.caller, '') and k.key = gone.idempotency_key
    ),
    answered as (
        delete from message_center.keyed_call as c where c.created_at < clock_timestamp() - interval '1 day'
    ),
    put_away as (
        -- With what was rejected of it, where a cut has left that.
        delete from message_center.imported_file as f
        where coalesce(f.finished_at, f.read_at) < clock_timestamp() - kept
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;

create or replace function message_center.purge_delivery_logs(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select l.id, l.modified_xid, l.created_at < clock_timestamp() - kept as is_old,
            l.status <> 'Pending delivery' as is_final
        from message_center.delivery_log as l
        where l.id > after_id
        order by l.id
        limit max_rows
    ),
    gone as (
        delete from message_center.delivery_log as l
        using walked as w
        where l.id = w.id
            and l.modified_xid = w.modified_xid
            and w.is_old
            and w.is_final
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
            -- Its status may still have to be copied: as the first one, or as a bounce.
            and not exists (
                select from message_center.event as e
                where e.id = l.event_id and e.queue = l.queue and message_center.status_may_move(e.status, l.status)
            )
        returning l.id
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;

create or replace function message_center.purge_tracking_logs(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select t.id, t.modified_xid, t.logged_at < clock_timestamp() - kept as is_old
        from message_center.tracking_log as t
        where t.id > after_id
        order by t.id
        limit max_rows
    ),
    gone as (
        delete from message_center.tracking_log as t
        using walked as w
        where t.id = w.id
            and t.modified_xid = w.modified_xid
            and w.is_old
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
        returning 1
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;

-- Whatever is asked for, not the minutes of the last days: a step may still add to them.
create or replace function message_center.purge_statistics(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select s.id, s.modified_xid, s.minute < clock_timestamp() - greatest(kept, interval '2 days') as is_old
        from message_center.statistic as s
        where s.id > after_id
        order by s.id
        limit max_rows
    ),
    gone as (
        delete from message_center.statistic as s
        using walked as w
        where s.id = w.id
            and s.modified_xid = w.modified_xid
            and w.is_old
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
        returning 1
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;
