-- The contract with delivery engines, second half: log what became of claimed events.

-- Log a set of outcomes: an array of
--   {"event_id", "status", "failure_type", "failure_reason", "message", "quarantine", "claim_token"}.
-- status: Sent, Ignored by the delivery, Delivery failed, or Pending delivery: try again later. With a failure_type
-- that counts as a try, with growing waits up to max_delivery_tries; without one the event is given back as it was
-- (the engine's own trouble). A message that was sent may fail later: a bounce.
-- Returns the outcomes that were refused, the bad ones among them; the others are logged. The type is json and not
-- jsonb on purpose: jsonb would refuse the whole call for one \u0000.
create or replace function message_center.log_deliveries(engine text, outcomes json)
returns table ("position" integer, event_id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    told constant message_center.delivery_outcome[] := message_center.read_outcomes(outcomes);
    judged message_center.delivery_outcome[];
begin
    perform message_center.notice_restore();

    -- In the order of the events, so that two engines never lock each other out.
    perform from message_center.delivery_log as l
    where l.event_id in (select o.event_id from unnest(told) as o where o.refused is null)
    order by l.event_id
    for update;

    judged := message_center.judge_outcomes(engine, told);

    perform message_center.note_bounces(judged);
    update message_center.delivery_log as l set
        status = o.status,
        message_id = case when o.failure_type is not null
            then message_center.qualification(o.failure_type, o.failure_reason, coalesce(o.message, '')) end,
        tries = case when o.status = 'Pending delivery' and o.failure_type is null
            then greatest(l.tries - 1, 0) else l.tries end,
        retry_at = case when o.status = 'Pending delivery' then clock_timestamp()
            + message_center.with_jitter(
                case when o.failure_type is null then interval '5 seconds'
                    else message_center.growing_wait(l.tries - 1) end)
        end,
        claim_token = null,
        owner = null,
        delivery_id = coalesce(l.delivery_id, (
            select message_center.execution_delivery(e.template_id)
            from message_center.event as e
            where e.id = l.event_id and e.queue = l.queue)),
        modified_at = clock_timestamp(),
        modified_xid = pg_current_xact_id()
    from unnest(judged) as o
    where l.event_id = o.event_id and o.refused is null;
    perform message_center.note_tries(judged);

    insert into message_center.quarantine (wished_channel, address, message_id)
    select distinct on (l.wished_channel, form.address) l.wished_channel, form.address, l.message_id
    from unnest(judged) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    cross join lateral message_center.quarantine_form(l.wished_channel, l.address) as form (address)
    where o.refused is null and o.quarantine and l.status = 'Delivery failed'
    order by l.wished_channel, form.address
    on conflict (wished_channel, address) do nothing;

    perform message_center.wake_up('updateEventStatus');

    return query select o.position, o.event_id, o.refused from unnest(judged) as o
    where o.refused is not null order by o.position;
end
$$;
