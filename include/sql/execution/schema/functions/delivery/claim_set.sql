-- Claims of sets of events for an engine, each decided by the one rule.
-- Planner settings: claim_deliveries has them for all that it calls; see routing/fast_path.sql.

-- The execution delivery of a template in this month. There is none while another session has made the first one and
-- not committed: nobody waits for that, and log_deliveries puts it in if it can. Nor is there one of a template that is
-- gone.
create or replace function message_center.execution_delivery(template_id bigint) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    wanted alias for template_id;
    this_month constant date := date_trunc('month', now());
    found_id bigint := (
        select d.id from message_center.delivery as d where d.template_id = wanted and d.month = this_month);
begin
    if found_id is null
        and exists (select from message_center.message_template as t where t.id = wanted)
        and pg_try_advisory_xact_lock(hashtextextended('message_center.delivery', wanted))
    then
        insert into message_center.delivery (template_id, month) values (wanted, this_month)
        on conflict (template_id, month) do nothing;
        select d.id into found_id
        from message_center.delivery as d
        where d.template_id = wanted and d.month = this_month;
    end if;
    return found_id;
end
$$;

-- Claim those of some events that are pending delivery and that nobody has claimed: a delivery log each.
--   skipped   those that another session has locked; it may yet leave them as they were
create or replace function message_center.claim_events(
    channel smallint, engine text, lease interval, ids bigint[],
    out claims bigint[], out settled integer, out skipped bigint[]
)
language plpgsql as $$
begin
    with unclaimed as materialized (
        select e.id, e.queue
        from unnest(ids) as wanted (id)
        join message_center.event as e on e.id = wanted.id
        where e.status = 'Pending delivery'
            and not exists (select from message_center.delivery_log as l where l.event_id = e.id)
    ),
    candidate as materialized (
        select e.id, e.queue, e.type, e.template_id, e.expiration,
            case channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end as address
        from unclaimed as u
        join message_center.event as e on e.id = u.id and e.queue = u.queue
        where e.status = 'Pending delivery'
        for no key update of e skip locked
    ),
    decided as materialized (
        select c.*, stopped.name as stopped_type, stopped.stopped_reason,
            message_center.claim_decision(c.id, stopped.stopped_reason, c.expiration, q.id, null, null) as status
        from candidate as c
        left join message_center.event_type as stopped on stopped.name = c.type and stopped.stopped_at is not null
        left join message_center.quarantine as q
            on q.wished_channel = channel and q.address = message_center.quarantine_form(channel, c.address)
    ),
    template as materialized (
        select t.id, message_center.execution_delivery(t.id) as delivery_id
        from (select distinct d.template_id from decided as d) as t (id)
    ),
    logged as (
        insert into message_center.delivery_log as l
            (event_id, queue, delivery_id, wished_channel, address, status, message_id, engine, retry_at,
                claim_token, owner)
        select d.id, d.queue, t.delivery_id, channel, d.address, d.status,
            message_center.settled_message(d.status, d.id, d.stopped_type, d.stopped_reason),
            claim_events.engine,
            case d.status when 'Pending delivery' then clock_timestamp() + lease end,
            nextval('message_center.claim_token_seq'), message_center.owner_of_session()
        from decided as d
        left join template as t on t.id = d.template_id
        on conflict (event_id) do nothing
        returning l.event_id, l.status
    )
    select
        (select array_agg(l.event_id) from logged as l where l.status = 'Pending delivery'),
        (select count(*) from logged as l where l.status <> 'Pending delivery'),
        case when (select count(*) from unclaimed) > (select count(*) from candidate)
            then array(select u.id from unclaimed as u except select c.id from candidate as c) end
    into claims, settled, skipped;
end
$$;

-- The next events of a range that are pending delivery. None are claimed at the range's end.
create or replace function message_center.claim_set(
    channel smallint, engine text, lease interval, max_events integer, start_xid xid8, start_id bigint, high xid8
) returns message_center.delivery_claim
language plpgsql as $$
declare
    step message_center.delivery_claim;
    ids bigint[];
begin
    with passed as materialized (
        select e.id, e.modified_xid
        from message_center.event as e
        where e.wished_channel = channel
            and e.status = 'Pending delivery'
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit max_events
    )
    select array(select p.id from passed as p), last.modified_xid, last.id
    into ids, step.last_xid, step.last_id
    -- Below the array, or each row that is sorted carries the whole of it.
    from (
        select p.modified_xid, p.id
        from passed as p
        order by p.modified_xid desc, p.id desc
        limit 1
    ) as last;
    step.claimed := coalesce(cardinality(ids), 0);
    if step.claimed > 0 then
        select c.claims, c.settled, c.skipped
        into step.claims, step.settled, step.skipped
        from message_center.claim_events(channel, engine, lease, ids) as c;
    end if;
    return step;
end
$$;
