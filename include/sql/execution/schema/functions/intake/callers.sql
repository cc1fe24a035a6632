-- Who may enter through the doors: kept by operators, read by the doors.

-- Add a caller, or change what it may do. A null of event_types, queues or a limit: all, and none.
create or replace function message_center.set_caller(
    name text, may text[], event_types text[], queues message_center.event_queue[], max_events_per_second integer
) returns void
language sql
begin atomic
    insert into message_center.caller as c (name, may, event_types, queues, max_events_per_second)
    values (name, may, event_types, queues, max_events_per_second)
    on conflict (name) do update set
        may = excluded.may,
        event_types = excluded.event_types,
        queues = excluded.queues,
        max_events_per_second = excluded.max_events_per_second;
end;

-- Give a caller a key by its digest. Its other keys are good for as long as they overlap with it, and no longer.
create or replace function message_center.add_caller_key(
    caller text, id text, digest bytea, "overlap" interval
) returns void
language plpgsql as $$
begin
    update message_center.caller_key as k
    set expires_at = least(k.expires_at, clock_timestamp() + "overlap")
    where k.caller = add_caller_key.caller;
    insert into message_center.caller_key (id, caller, digest) values (id, caller, digest);
end
$$;

-- Let a caller come in by a secret of its own for a while, and no longer than by the one that it has come in by.
-- Sessions that are over go with the next one.
create or replace function message_center.open_session(caller_key text, id text, digest bytea, lifetime interval)
returns void
language plpgsql as $$
begin
    delete from message_center.caller_key as k where k.is_session and k.expires_at < clock_timestamp();
    insert into message_center.caller_key (id, caller, digest, expires_at, is_session)
    select open_session.id, k.caller, open_session.digest, least(k.expires_at, clock_timestamp() + lifetime), true
    from message_center.caller_key as k
    where k.id = caller_key and not k.is_session and (k.expires_at is null or k.expires_at > clock_timestamp());
end
$$;

-- Shut a caller out. Its events stay, and stay its own. False: there is none of this name.
create or replace function message_center.remove_caller(name text) returns boolean
language plpgsql as $$
begin
    delete from message_center.caller as c where c.name = remove_caller.name;
    return found;
end
$$;

-- All that a door has to know to let somebody in.
create or replace function message_center.caller_keys()
returns table (
    id text, digest bytea, caller text, may text[], event_types text[], queues text[], max_events_per_second integer,
    is_session boolean
)
language sql stable
begin atomic
    select k.id, k.digest, c.name, c.may, c.event_types, c.queues::text[], c.max_events_per_second,
        k.is_session
    from message_center.caller_key as k
    join message_center.caller as c on c.name = k.caller
    where k.expires_at is null or k.expires_at > clock_timestamp();
end;

-- How many events wait in a queue to be routed, counted up to max_events: more are as bad.
create or replace function message_center.pending_events(queue message_center.event_queue, max_events integer)
returns integer
language sql stable
begin atomic
    select count(*)::integer
    from (
        select
        from message_center.event as e
        where e.queue = pending_events.queue and e.status = 'Pending' and e.process_requested_on is null
        limit max_events -- allow ordered: they are counted
    ) as waiting;
end;
