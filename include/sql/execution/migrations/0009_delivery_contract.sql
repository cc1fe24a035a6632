-- The contract with delivery engines, ours or anyone's: claim events that are pending delivery, log outcomes.

-- Claim at most `batch` events for the channel. The lease brings a crashed engine's claim back. Events that have
-- expired and addresses in quarantine are settled on the way and not returned.
create function message_center.claim_deliveries(
    channel smallint, engine text, lease interval, batch integer
) returns table (
    event_id bigint, queue message_center.event_queue, type text, address text, language text, country text,
    email_format smallint, external_id text, origin text, ctx jsonb, created_at timestamptz, template_id bigint,
    tries smallint, account text
)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
declare
    cursor_name constant text := 'channel_' || channel;
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    step record;
    claims bigint[];
    more boolean := true;
begin
    perform message_center.notice_restore();
    claims := message_center.reclaim_deliveries(channel, engine, lease, batch);
    while more and coalesce(cardinality(claims), 0) = 0 loop
        step := message_center.claim_fresh(channel, engine, lease, batch, cursor);
        cursor := step.cursor;
        claims := step.claims;
        more := step.more;
        perform message_center.save_cursor(cursor_name, cursor);
    end loop;

    return query
    select e.id, e.queue, e.type, l.address, e.language, e.country, e.email_format, e.external_id, e.origin, e.ctx,
        e.created_at, e.template_id, l.tries, i.account
    from unnest(claims) as claim (id)
    join message_center.delivery_log as l on l.event_id = claim.id
    join message_center.event as e on e.id = l.event_id and e.queue = l.queue
    cross join message_center.instance as i;
end
$$;

-- Claims whose lease has run out, and those to be tried again. What has changed meanwhile counts: its type may have been
-- stopped, its address may have come into quarantine.
create function message_center.reclaim_deliveries(
    channel smallint, engine text, lease interval, batch integer
) returns bigint[]
language plpgsql as $$
declare
    settled integer;
    claims bigint[];
begin
    with due as (
        select l.id, l.event_id, l.queue, l.tries, l.address
        from message_center.delivery_log as l
        where l.wished_channel = channel
            and l.status = 'Pending delivery'
            and l.retry_at <= clock_timestamp()
        order by l.retry_at, l.id
        limit batch
        for update skip locked
    ),
    retaken as (
        update message_center.delivery_log as l set
            status = decision.status,
            engine = reclaim_deliveries.engine,
            tries = l.tries + (decision.status = 'Pending delivery')::integer,
            retry_at = case decision.status when 'Pending delivery' then clock_timestamp() + lease end,
            message_id = case decision.status
                when 'Delivery failed' then message_center.qualification('soft', 3, 'given up after the greatest number of tries')
                when 'Ignored by the delivery' then message_center.qualification(
                    'ignored', 0, coalesce(
                        message_center.reason_of_stop(stopped.name, stopped.stopped_reason), 'address in quarantine'))
                else l.message_id
            end
        from due
        join message_center.event as e on e.id = due.event_id and e.queue = due.queue
        left join message_center.event_type as stopped on stopped.name = e.type and stopped.stopped_at is not null
        left join message_center.quarantine as q on q.wished_channel = channel and q.address = lower(due.address)
        cross join message_center.instance as i
        cross join lateral (
            select case
                when stopped.name is not null then 'Ignored by the delivery'
                when e.expiration <= clock_timestamp() then 'Expired'
                when q.id is not null then 'Ignored by the delivery'
                when due.tries >= i.greatest_number_of_delivery_tries then 'Delivery failed'
                else 'Pending delivery'
            end::message_center.event_status
        ) as decision (status)
        where l.id = due.id
        returning l.event_id, l.status
    )
    select count(*) filter (where r.status <> 'Pending delivery'),
        array_agg(r.event_id) filter (where r.status = 'Pending delivery')
    into settled, claims
    from retaken as r;
    if settled > 0 then
        perform message_center.wake_up('updateEventStatus');
    end if;
    return claims;
end
$$;

-- What became pending delivery since the session's last claim.
create function message_center.claim_fresh(
    channel smallint, engine text, lease interval, batch integer,
    inout cursor message_center.queue_cursor, out claims bigint[], out more boolean
)
language plpgsql as $$
declare
    range record;
    step record;
begin
    more := false;
    if cursor.passing is null then
        cursor.passing := pg_current_snapshot();
        cursor.after_xid := '0';
        cursor.after_id := 0;
    end if;
    for range in select * from message_center.xid_ranges(cursor.seen, cursor.after_xid) loop
        step := message_center.claim_set(channel, engine, lease, batch, range.low, range.high, cursor);
        if step.claimed > 0 then
            cursor.after_xid := step.last_xid;
            cursor.after_id := step.last_id;
            claims := step.claims;
            more := true;
            return;
        end if;
    end loop;
    cursor.seen := cursor.passing;
    cursor.passing := null;
end
$$;

create function message_center.claim_set(
    channel smallint, engine text, lease interval, batch integer, low xid8, high xid8,
    cursor message_center.queue_cursor,
    out claimed integer, out claims bigint[], out last_xid xid8, out last_id bigint
)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    settled integer;
begin
    with candidate as materialized (
        select e.id, e.queue, e.type, e.modified_xid, e.template_id, e.expiration,
            case channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end as address
        from message_center.event as e
        where e.wished_channel = channel
            and e.status = 'Pending delivery'
            and (e.modified_xid, e.id) > (greatest(low, cursor.after_xid),
                case when cursor.after_xid >= low then cursor.after_id else 0 end)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit batch
        for no key update skip locked
    ),
    -- Already in the log: claimed by somebody, or done and not copied yet.
    unclaimed as materialized (
        select c.*, case
                when stopped.name is not null then 'Ignored by the delivery'
                when c.expiration <= clock_timestamp() then 'Expired'
                when q.id is not null then 'Ignored by the delivery'
                else 'Pending delivery'
            end::message_center.event_status as status,
            coalesce(message_center.reason_of_stop(stopped.name, stopped.stopped_reason), 'address in quarantine')
                as reason_if_ignored
        from candidate as c
        left join message_center.event_type as stopped on stopped.name = c.type and stopped.stopped_at is not null
        left join message_center.quarantine as q on q.wished_channel = channel and q.address = lower(c.address)
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
            case u.status when 'Ignored by the delivery' then message_center.qualification('ignored', 0, u.reason_if_ignored) end,
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
        (select c.modified_xid from candidate as c order by c.modified_xid desc limit 1),
        (select c.id from candidate as c order by c.modified_xid desc, c.id desc limit 1),
        (select count(*) from logged as l where l.status <> 'Pending delivery')
    into claimed, claims, last_xid, last_id, settled;
    if settled > 0 then
        perform message_center.wake_up('updateEventStatus');
    end if;
end
$$;

-- The id of a qualification; the few that there are repeat without end.
create function message_center.qualification(
    failure_type message_center.failure_type, failure_reason smallint, message text
) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    wanted_type alias for failure_type;
    wanted_reason alias for failure_reason;
    wanted_message alias for message;
    found_id bigint;
begin
    loop
        select m.id into found_id
        from message_center.delivery_log_message as m
        where m.failure_type = wanted_type and m.failure_reason = wanted_reason and m.message = wanted_message;
        if found then
            return found_id;
        end if;
        insert into message_center.delivery_log_message (failure_type, failure_reason, message)
        values (wanted_type, wanted_reason, wanted_message)
        on conflict do nothing;
    end loop;
end
$$;

create function message_center.qualification(
    failure_type message_center.failure_type, failure_reason integer, message text
) returns bigint
language sql
return message_center.qualification(failure_type, failure_reason::smallint, message);

create type message_center.delivery_outcome as (
    position integer,
    event_id bigint,
    status message_center.event_status,
    failure_type message_center.failure_type,
    failure_reason smallint,
    message text,
    quarantine boolean,
    refused text
);

-- Log a set of outcomes: an array of
--   {"event_id", "status", "failure_type", "failure_reason", "message", "quarantine"}.
-- status: Sent, Ignored by the delivery, Delivery failed, or Pending delivery: try again later. With a failure_type that
-- counts as a try, with growing waits up to the greatest number of tries; without one the event is given back
-- as it was (the engine's own trouble). A message that was sent may fail later: a bounce.
-- Returns the outcomes that were refused; the others are logged.
create function message_center.log_deliveries(engine text, outcomes json)
returns table ("position" integer, event_id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    writer alias for engine;
    judged message_center.delivery_outcome[];
begin
    perform message_center.notice_restore();

    -- In the order of the events, so that two engines never lock each other out.
    perform from message_center.delivery_log as l
    where l.event_id in (select (o ->> 'event_id')::bigint from json_array_elements(outcomes) as o)
    order by l.event_id
    for update;

    judged := array(
        select row(
            o.position, o.event_id, o.status, o.failure_type, coalesce(o.failure_reason, 0), o.message,
            coalesce(o.quarantine, o.failure_type = 'hard', false),
            case
                when l.event_id is null then 'the event was not claimed'
                when o.event_id = lag(o.event_id) over (partition by o.event_id order by o.position)
                    then 'the event has another outcome in this call'
                when o.status is null or o.status in ('Pending', 'Event not taken into account', 'Expired')
                    then 'status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery'
                when o.status in ('Ignored by the delivery', 'Delivery failed')
                    and (o.failure_type is null or o.message is null) then 'failure_type or message is missing'
                when l.status = 'Sent' and o.status = 'Delivery failed' then null
                when l.status <> 'Pending delivery' then format('the event is already "%s"', l.status)
                when l.engine is distinct from writer then format('the event is leased to %s', l.engine)
            end
        )::message_center.delivery_outcome
        from (
            select n.position::integer, r.*
            from json_array_elements(outcomes) with ordinality as n (outcome, position)
            cross join lateral json_to_record(n.outcome) as r (
                event_id bigint, status message_center.event_status, failure_type message_center.failure_type,
                failure_reason smallint, message text, quarantine boolean)
        ) as o
        left join message_center.delivery_log as l on l.event_id = o.event_id
        order by o.event_id, o.position
    );

    update message_center.delivery_log as l set
        status = decision.status,
        message_id = case when o.failure_type is not null
            then message_center.qualification(o.failure_type, o.failure_reason, coalesce(o.message, '')) end,
        tries = case when decision.status = 'Pending delivery' and o.failure_type is null
            then greatest(l.tries - 1, 0) else l.tries end,
        retry_at = case when decision.status = 'Pending delivery' then clock_timestamp()
            + case when o.failure_type is null then interval '5 seconds'
                else least(interval '10 seconds' * 2 ^ (l.tries - 1), interval '1 hour') end
        end,
        modified_at = clock_timestamp(),
        modified_xid = pg_current_xact_id()
    from unnest(judged) as o
    cross join message_center.instance as i
    cross join lateral (
        select case when o.status = 'Pending delivery' and o.failure_type is not null
            and o.event_id in (
                select spent.event_id from message_center.delivery_log as spent
                where spent.event_id = o.event_id and spent.tries >= i.greatest_number_of_delivery_tries)
            then 'Delivery failed' else o.status end::message_center.event_status
    ) as decision (status)
    where l.event_id = o.event_id and o.refused is null;

    insert into message_center.quarantine (wished_channel, address, message_id)
    select distinct on (l.wished_channel, lower(l.address)) l.wished_channel, lower(l.address), l.message_id
    from unnest(judged) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    where o.refused is null and o.quarantine and l.status = 'Delivery failed'
    order by l.wished_channel, lower(l.address)
    on conflict (wished_channel, address) do nothing;

    perform message_center.wake_up('updateEventStatus');

    return query select o.position, o.event_id, o.refused from unnest(judged) as o
    where o.refused is not null order by o.position;
end
$$;
