-- How a session goes through a queue: in passes, each of which takes what has become visible since the snapshot of
-- the one before it.
--
--     modified_xid      700   701   702   703   704   705   706   707
--     seen              saw   open  saw   saw   open  |xmax(seen): from here on it saw nothing
--     passing           saw   saw   saw   saw   open  saw   |xmax(passing)
--     ranges left             701               704   705 …
--
-- Rows have the key (modified_xid, id), so one key says how far a pass has come, over all its ranges. A range begins
-- after the key (start_xid, start_id) and ends with the transaction high. What commits late was in progress in
-- `seen`, and so has a range of its own in a later pass: nothing is skipped, and the head of the queue, where dead
-- index entries gather while any transaction is open, is walked over once a session. A pass that finds nothing more
-- becomes `seen`.

-- A cursor's name for as long as the transactions' numbering lasts: after a restore, what a session remembers is void.
create or replace function message_center.cursor_name(name text) returns text
language sql stable
begin atomic
    select cursor_name.name || '_' || i.numbering from message_center.instance as i;
end;

-- What a session has remembered in a setting; null for nothing, and for what cannot be read: anybody can set a setting
-- of theirs to anything.
create or replace function message_center.remembered(name text, type text) returns text
language sql stable
return case when pg_input_is_valid(current_setting('message_center.' || name, true), type)
    then current_setting('message_center.' || name, true) end;

-- A new session starts at the head: that is the sweep for what a crashed window had locked.
create or replace function message_center.load_cursor(name text) returns message_center.queue_cursor
language sql stable
return coalesce(
    message_center.remembered('cursor_' || name, 'message_center.queue_cursor')::message_center.queue_cursor,
    row(null, null, '0', 0, '-infinity', 0)::message_center.queue_cursor
);

create or replace function message_center.save_cursor(name text, cursor message_center.queue_cursor) returns void
language sql
return set_config('message_center.cursor_' || name, coalesce(cursor::text, ''), false);

-- Go on with the pass under way, or set out on one. The snapshot is taken before anything is looked at.
create or replace function message_center.begin_pass(cursor message_center.queue_cursor)
returns message_center.queue_cursor
language sql stable
return case when cursor.passing is null
    then row(cursor.seen, pg_current_snapshot(), '0', 0, cursor.due_at, cursor.due_id)::message_center.queue_cursor
    else cursor
end;

create or replace function message_center.end_pass(cursor message_center.queue_cursor)
returns message_center.queue_cursor
language sql immutable
return row(cursor.passing, null, '0', 0, cursor.due_at, cursor.due_id)::message_center.queue_cursor;

-- What of its pass a cursor has before it.
create or replace function message_center.ranges_left(cursor message_center.queue_cursor)
returns table (start_xid xid8, start_id bigint, high xid8)
language sql stable
begin atomic
    select
        greatest(range.low, cursor.after_xid),
        case when cursor.after_xid >= range.low then cursor.after_id else 0 end,
        range.high
    from (
        select xip as low, xip as high from pg_snapshot_xip(cursor.seen) as xip
        union all
        select coalesce(pg_snapshot_xmax(cursor.seen), '0'), '18446744073709551615'
    ) as range (low, high)
    where range.high >= cursor.after_xid
    order by range.low;
end;

-- What a session has passed over because another one had it locked. That may roll back, and then nobody else comes by:
-- so it is looked at again at each step until it is gone or taken.
create or replace function message_center.load_skipped(name text) returns bigint[]
language sql stable
return coalesce(message_center.remembered('skipped_' || name, 'bigint[]')::bigint[], '{}');

-- Of more than can be remembered, none is: the session starts at the head again, as a new one does.
create or replace function message_center.save_skipped(name text, skipped bigint[]) returns void
language plpgsql as $$
begin
    if skipped <> '{}' then
        skipped := array(select distinct s.id from unnest(skipped) as s (id) order by s.id);
    end if;
    if cardinality(skipped) > 10000 then
        skipped := '{}';
        perform message_center.save_cursor(name, null);
    end if;
    if skipped <> message_center.load_skipped(name) then
        perform set_config('message_center.skipped_' || name, skipped::text, false);
    end if;
end
$$;
