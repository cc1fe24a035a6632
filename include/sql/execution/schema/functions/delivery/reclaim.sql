-- What becomes of a claim, by one rule, and the claims that come back.
-- Planner settings: claim_deliveries has them for all that it calls; see routing/fast_path.sql.

-- What becomes of an event that an engine could have: somebody may have deleted it, its type may have been stopped, its
-- date may have passed, its address may be in quarantine, its tries may be spent. One expression, which PostgreSQL puts
-- into the statement.
create or replace function message_center.claim_decision(
    event_id bigint, stopped_reason text, expiration timestamptz, quarantine_id bigint, tries smallint,
    max_tries smallint
) returns message_center.event_status
language sql
return case
    when event_id is null then 'Ignored by the delivery'::message_center.event_status
    when stopped_reason is not null then 'Ignored by the delivery'::message_center.event_status
    when expiration <= clock_timestamp() then 'Expired'::message_center.event_status
    when quarantine_id is not null then 'Ignored by the delivery'::message_center.event_status
    when tries >= max_tries then 'Delivery failed'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

-- Claims whose lease has run out, and those to be tried again. What has changed meanwhile counts: a claim whose event
-- somebody has deleted ends here, or it would stand before all others for ever.
create or replace function message_center.reclaim_deliveries(
    channel smallint, engine text, lease interval, max_events integer,
    out claims bigint[], out settled integer
)
language plpgsql as $$
declare
    first_token constant bigint := message_center.kept_claims();
    -- A bound of the index: clock_timestamp() is none, and what is not due yet would be walked over each time.
    this_moment constant timestamptz := clock_timestamp();
begin
    with due as (
        select l.id, l.event_id, l.queue, l.tries, l.address
        from message_center.delivery_log as l
        where l.wished_channel = channel
            and l.status = 'Pending delivery'
            and l.retry_at <= this_moment
            -- What is to be tried again has no token.
            and coalesce(l.claim_token >= first_token, true)
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
            claim_token = nextval('message_center.claim_token_seq'),
            owner = message_center.owner_of_session(),
            message_id = coalesce(
                message_center.settled_message(decision.status, e.id, stopped.name, stopped.stopped_reason),
                l.message_id)
        from due
        left join message_center.event as e on e.id = due.event_id and e.queue = due.queue
        left join message_center.event_type as stopped on stopped.name = e.type and stopped.stopped_at is not null
        left join message_center.quarantine as q
            on q.wished_channel = channel and q.address = message_center.quarantine_form(channel, due.address)
        cross join message_center.instance as i
        cross join lateral (
            select message_center.claim_decision(
                e.id, stopped.stopped_reason, e.expiration, q.id, due.tries, i.max_delivery_tries)
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
