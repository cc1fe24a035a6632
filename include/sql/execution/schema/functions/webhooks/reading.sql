-- How webhooks find out what has changed: each reads the events as the archive does, by the snapshot up to which it has
-- read them. Nobody who changes an event does anything for it.
--
-- Planner settings: see routing/fast_path.sql.

-- What a webhook is to be told of.
create or replace function message_center.is_wanted(
    webhook message_center.webhook, type text, status message_center.event_status, queue message_center.event_queue,
    caller text
) returns boolean
language sql immutable
return (webhook.event_types is null or type = any (webhook.event_types))
    and (webhook.statuses is null or status = any (webhook.statuses))
    and (webhook.queues is null or queue = any (webhook.queues))
    and (webhook.callers is null or coalesce(caller, '') = any (webhook.callers));

-- Bring the webhooks up to their connections: an array of {"name", "origin", "event_types", "statuses", "queues",
-- "callers"}. One that is not among them is told nothing, and goes on from where it stood when it comes back. What
-- waits to be told and is no longer asked for is not told.
create or replace function message_center.set_webhooks(wanted jsonb) returns void
language sql
begin atomic
    update message_center.webhook as w set removed_at = clock_timestamp()
    where w.removed_at is null
        and not exists (select from jsonb_array_elements(wanted) as given where given ->> 'name' = w.name);

    with changed as (
        insert into message_center.webhook as w (name, origin, event_types, statuses, queues, callers, numbering)
        select g.name, g.origin, g.event_types, g.statuses, g.queues, g.callers, i.numbering
        from jsonb_to_recordset(wanted) as g (
            name text, origin text, event_types text[], statuses message_center.event_status[],
            queues message_center.event_queue[], callers text[])
        cross join message_center.instance as i
        order by g.name
        on conflict (name) do update set
            origin = excluded.origin,
            event_types = excluded.event_types,
            statuses = excluded.statuses,
            queues = excluded.queues,
            callers = excluded.callers,
            removed_at = null
        where (w.origin, w.event_types, w.statuses, w.queues, w.callers, w.removed_at) is distinct from
            (excluded.origin, excluded.event_types, excluded.statuses, excluded.queues, excluded.callers, null)
        returning w as webhook
    )
    delete from message_center.webhook_message as m
    using changed as c, message_center.event as e
    where m.webhook = (c.webhook).name
        and m.told_at is null
        and e.queue = m.queue
        and e.id = m.event_id
        and not message_center.is_wanted(c.webhook, e.type, m.status, e.queue, e.caller);
end;

-- Note for a webhook what has changed in a range, max_rows events of it at most. Nothing is found at the range's end.
create or replace function message_center.note_changes(
    webhook message_center.webhook, start_xid xid8, start_id bigint, high xid8, max_rows integer,
    out last_xid xid8, out last_id bigint
)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_sort = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    with changed as materialized (
        select e.id, e.queue, e.type, e.status, e.caller, e.modified_at, e.modified_xid
        from message_center.event as e
        where (e.modified_xid, e.id) > (start_xid, start_id) and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit max_rows
    ),
    noted as (
        insert into message_center.webhook_message as m (webhook, event_id, queue, status, changed_at)
        select webhook.name, c.id, c.queue, c.status, c.modified_at
        from changed as c
        where message_center.is_wanted(webhook, c.type, c.status, c.queue, c.caller)
            and (webhook.since is null
                or c.modified_at >= webhook.since
                or not pg_visible_in_snapshot(c.modified_xid, webhook.was_seen))
        on conflict on constraint webhook_message_pkey do update set
            status = excluded.status,
            changed_at = case when m.status = excluded.status then m.changed_at else excluded.changed_at end,
            told_at = null, tries = 0, failing_since = null, retry_at = null, error = null, given_up_at = null
        -- The event may have changed without its status.
        where m.status <> excluded.status or (webhook.is_replay and excluded.changed_at >= webhook.since)
    )
    select c.modified_xid, c.id into last_xid, last_id
    from changed as c
    order by c.modified_xid desc, c.id desc
    limit 1;
end
$$;

-- Read for a webhook what has changed, max_rows events at most; true: there is more. Not while max_waiting messages
-- wait to be told for the first time: what comes behind them is read then, with the status that it has by then. Those
-- that its receiver refuses are not among them: it would be told nothing else for as long as it refuses them.
create or replace function message_center.read_changes(webhook_name text, max_rows integer, max_waiting integer)
returns boolean
language plpgsql as $$
declare
    hook message_center.webhook;
    this_numbering integer;
    cursor message_center.queue_cursor;
    range record;
    step record;
begin
    perform message_center.notice_restore();
    this_numbering := (select i.numbering from message_center.instance as i);
    select w.* into hook from message_center.webhook as w
    where w.name = webhook_name and w.removed_at is null and w.disabled_at is null
    order by w.name
    for no key update;
    perform from message_center.webhook_message as m
    where m.webhook = webhook_name and m.told_at is null and m.given_up_at is null and m.retry_at is null
    order by m.changed_at, m.event_id
    offset max_waiting - 1 limit 1;
    if hook.name is null or found then
        return false;
    end if;
    if hook.numbering <> this_numbering then
        -- Restored: the snapshots are of another numbering, the times are not.
        hook.since := least(hook.since, hook.read_at - interval '1 hour');
        hook.seen := null; hook.passing := null; hook.was_seen := null; hook.after_xid := '0'; hook.after_id := 0;
    end if;
    cursor := message_center.begin_pass(
        row(hook.seen, hook.passing, hook.after_xid, hook.after_id, null, null)::message_center.queue_cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.note_changes(hook, range.start_xid, range.start_id, range.high, max_rows);
        exit when step.last_id is not null;
    end loop;
    if step.last_id is not null then
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
    elsif hook.passing is null and hook.since is null and hook.read_at > clock_timestamp() - interval '1 minute' then
        -- Nothing at all: the same look finds nothing again, and need not be noted.
        return false;
    else
        cursor := message_center.end_pass(cursor);
        hook.since := null; hook.was_seen := null; hook.is_replay := false;
    end if;
    update message_center.webhook as w set
        (seen, passing, after_xid, after_id) = row(cursor.seen, cursor.passing, cursor.after_xid, cursor.after_id),
        (since, was_seen, is_replay) = row(hook.since, hook.was_seen, hook.is_replay),
        -- Up to here everything was read: a pass of several looks has read what was there before the first of them.
        read_at = case when step.last_id is null and hook.passing is null then now() else w.read_at end,
        numbering = this_numbering
    where w.name = webhook_name;
    return step.last_id is not null;
end
$$;
