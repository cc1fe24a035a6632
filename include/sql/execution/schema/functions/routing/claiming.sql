-- Claims of the careful path: what another session has locked is skipped, so that any number of them may route one
-- queue, and remembered, since that session may leave it as it was. Planner settings: see fast_path.sql.

-- Claim what became visible between a row key and a transaction.
create or replace function message_center.claim_pending(
    wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer
) returns message_center.queue_claim
language sql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with claimed as materialized (
        select e.id, e.modified_xid
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit max_events
        for no key update skip locked
    )
    select
        array_agg(c.id order by c.modified_xid, c.id),
        (array_agg(c.modified_xid order by c.modified_xid desc))[1],
        null::timestamptz,
        (array_agg(c.id order by c.modified_xid desc, c.id desc))[1],
        array(
            select e.id
            from message_center.event as e
            where e.queue = wanted_queue
                and e.status = 'Pending'
                and e.process_requested_on is null
                and (e.modified_xid, e.id) > (start_xid, start_id)
                and e.modified_xid <= high
                and (e.modified_xid, e.id) <= (
                    -- A full set ends with its last event; any other has all that could be had.
                    select coalesce(max(full_set.modified_xid), high), coalesce(max(full_set.id), 9223372036854775807)
                    from (
                        select k.modified_xid, k.id from claimed as k
                        where (select count(*) from claimed) >= max_events
                        order by k.modified_xid desc, k.id desc limit 1
                    ) as full_set
                )
            except
            select k.id from claimed as k
        )
    from claimed as c;
end;

-- Claim what was postponed until a time that has come.
create or replace function message_center.claim_come_due(
    wanted_queue message_center.event_queue, due_at timestamptz, due_id bigint, now_at timestamptz, max_events integer
) returns message_center.queue_claim
language sql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with claimed as materialized (
        select e.id, e.process_requested_on
        from message_center.event as e
        where e.queue = wanted_queue
            and e.status = 'Pending'
            and e.process_requested_on is not null
            and (e.process_requested_on, e.id) > (due_at, due_id)
            and e.process_requested_on <= now_at
        order by e.process_requested_on, e.id
        limit max_events
        for no key update skip locked
    )
    select
        array_agg(c.id order by c.process_requested_on, c.id),
        null::xid8,
        max(c.process_requested_on),
        (array_agg(c.id order by c.process_requested_on desc, c.id desc))[1],
        array(
            select e.id
            from message_center.event as e
            where e.queue = wanted_queue
                and e.status = 'Pending'
                and e.process_requested_on is not null
                and (e.process_requested_on, e.id) > (due_at, due_id)
                and e.process_requested_on <= coalesce(
                    (select max(k.process_requested_on) from claimed as k
                        where (select count(*) from claimed) >= max_events),
                    now_at)
            except
            select k.id from claimed as k
            limit 1000 -- allow ordered: what is beyond comes by again, since the cursor stands still
        )
    from claimed as c;
end;

-- Claim what was skipped, as far as it is free by now.
create or replace function message_center.claim_skipped(
    wanted_queue message_center.event_queue, skipped bigint[], now_at timestamptz
) returns message_center.queue_claim
language sql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with pending as materialized (
        select e.id
        from unnest(skipped) as wanted (id)
        join message_center.event as e on e.queue = wanted_queue and e.id = wanted.id
        where e.status = 'Pending' and (e.process_requested_on is null or e.process_requested_on <= now_at)
    ),
    claimed as materialized (
        select e.id
        from pending as p
        join message_center.event as e on e.queue = wanted_queue and e.id = p.id
        where e.status = 'Pending'
        for no key update of e skip locked
    )
    select
        (select array_agg(c.id order by c.id) from claimed as c),
        null::xid8,
        null::timestamptz,
        null::bigint,
        array(select p.id from pending as p except select c.id from claimed as c);
end;
