-- Claims of sets of events for an engine, each decided by the one rule.
-- Planner settings: claim_deliveries has them for all that it calls; see routing/fast_path.sql.

-- What becomes of an event that an engine could have: its type may have been stopped, its date may have passed, its
-- address may be in quarantine, its tries may be spent. One expression, which PostgreSQL puts into the statement.
create or replace function message_center.claim_decision(
    stopped_reason text, expiration timestamptz, quarantine_id bigint, tries smallint, max_tries smallint
) returns message_center.event_status
language sql
return case
    when stopped_reason is not null then 'Ignored by the delivery'::message_center.event_status
    when expiration <= clock_timestamp() then 'Expired'::message_center.event_status
    when quarantine_id is not null then 'Ignored by the delivery'::message_center.event_status
    when tries >= max_tries then 'Delivery failed'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

-- Claims whose lease has run out, and those to be tried again. What has changed meanwhile counts.
create or replace function message_center.reclaim_deliveries(
    channel smallint, engine text, lease interval, max_events integer,
    out claims bigint[], out settled integer
)
language plpgsql as $$
begin
    with due as (
        select l.id, l.event_id, l.queue, l.tries, l.address
        from message_center.delivery_log as l
        where l.wished_channel = channel
            and l.status = 'Pending delivery'
            and l.retry_at <= clock_timestamp()
        order by l.retry_at, l.id
        limit max_events
        for update skip locked
    ),
    retaken as (
        update message_center.delivery_log as l set
            status = decision.status,
            engine = reclaim_deliveries.engine,
            tries = l.tries + (decision.status = 'Pending delivery')::integer,
            retry_at = case decision.status when 'Pending delivery' then clock_timestamp() + lease end,
            message_id = coalesce(
                message_center.settled_message(decision.status, stopped.name, stopped.stopped_reason), l.message_id)
        from due
        join message_center.event as e on e.id = due.event_id and e.queue = due.queue
        left join message_center.event_type as stopped on stopped.name = e.type and stopped.stopped_at is not null
        left join message_center.quarantine as q
            on q.wished_channel = channel and q.address = message_center.quarantine_form(channel, due.address)
        cross join message_center.instance as i
        cross join lateral (
            select message_center.claim_decision(
                stopped.stopped_reason, e.expiration, q.id, due.tries, i.max_delivery_tries)
            -- offset 0: decide once, not once for each column.
            offset 0
        ) as decision (status)
        where l.id = due.id
        returning l.event_id, l.status
    )
    select array_agg(r.event_id) filter (where r.status = 'Pending delivery'),
        count(*) filter (where r.status <> 'Pending delivery')
    into claims, settled
    from retaken as r;
end
$$;

-- The next events of a range that are pending delivery, with a delivery log each. Nothing is claimed at the range's
-- end.
create or replace function message_center.claim_set(
    channel smallint, engine text, lease interval, max_events integer, start_xid xid8, start_id bigint, high xid8
) returns message_center.delivery_claim
language plpgsql as $$
declare
    step message_center.delivery_claim;
begin
    with candidate as materialized (
        select e.id, e.queue, e.type, e.modified_xid, e.template_id, e.expiration,
            case channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end as address
        from message_center.event as e
        where e.wished_channel = channel
            and e.status = 'Pending delivery'
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit max_events
        for no key update skip locked
    ),
    -- Already in the log: claimed by somebody, or done and not taken over yet.
    unclaimed as materialized (
        select c.*, stopped.name as stopped_type, stopped.stopped_reason,
            message_center.claim_decision(stopped.stopped_reason, c.expiration, q.id, null, null) as status
        from candidate as c
        left join message_center.event_type as stopped on stopped.name = c.type and stopped.stopped_at is not null
        left join message_center.quarantine as q
            on q.wished_channel = channel and q.address = message_center.quarantine_form(channel, c.address)
        where not exists (select from message_center.delivery_log as l where l.event_id = c.id)
    ),
    execution_delivery as (
        insert into message_center.delivery as d (template_id, month)
        select distinct u.template_id, date_trunc('month', now())::date
        from unclaimed as u
        order by u.template_id
        on conflict (template_id, month) do update set month = excluded.month
        returning d.id, d.template_id
    ),
    logged as (
        insert into message_center.delivery_log as l
            (event_id, queue, delivery_id, wished_channel, address, status, message_id, engine, retry_at)
        select u.id, u.queue, d.id, channel, u.address, u.status,
            message_center.settled_message(u.status, u.stopped_type, u.stopped_reason),
            claim_set.engine,
            case u.status when 'Pending delivery' then clock_timestamp() + lease end
        from unclaimed as u
        join execution_delivery as d on d.template_id = u.template_id
        on conflict (event_id) do nothing
        returning l.event_id, l.status
    )
    select
        (select count(*) from candidate),
        (select array_agg(l.event_id) from logged as l where l.status = 'Pending delivery'),
        (select count(*) from logged as l where l.status <> 'Pending delivery'),
        (select c.modified_xid from candidate as c order by c.modified_xid desc limit 1),
        (select c.id from candidate as c order by c.modified_xid desc, c.id desc limit 1)
    into step;
    return step;
end
$$;
