-- Purge of acts, as of everything else: see purge.sql. What is not at its end may be asked for again, and goes on.

create or replace function message_center.purge_act_events(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select x.id, x.act, x.modified_xid, x.modified_at < clock_timestamp() - kept as is_old
        from message_center.operator_act_event as x
        where x.id > after_id
        order by x.id
        limit max_rows
    ),
    gone as (
        delete from message_center.operator_act_event as x
        using walked as w
        where x.id = w.id
            and x.modified_xid = w.modified_xid
            and w.is_old
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
            and exists (
                select from message_center.operator_act as a where a.act = w.act and a.finished_at is not null)
        returning 1
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;

-- An act stays as long as any of its events.
create or replace function message_center.purge_acts(
    archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, set_aside bigint[],
    out purged integer, out last_id bigint, out more boolean
)
language sql
begin atomic
    with walked as materialized (
        select a.id, a.act, a.modified_xid, a.begun_at < clock_timestamp() - kept as is_old,
            a.finished_at < clock_timestamp() - kept as is_final
        from message_center.operator_act as a
        where a.id > purge_acts.after_id
        order by a.id
        limit max_rows
    ),
    gone as (
        delete from message_center.operator_act as a
        using walked as w
        where a.id = w.id
            and a.modified_xid = w.modified_xid
            and w.is_old
            and w.is_final
            and pg_visible_in_snapshot(w.modified_xid, archived_snapshot)
            and w.id <> all (set_aside)
            and not exists (select from message_center.operator_act_event as x where x.act = w.act)
        returning 1
    )
    select (select count(*)::integer from gone), max(w.id), coalesce(bool_and(w.is_old), false)
    from walked as w;
end;
