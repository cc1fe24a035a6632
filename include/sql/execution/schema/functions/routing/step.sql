-- Routing: link each pending event to a message template. Works on sets, from where the session's cursor stands.
--
--     pending     path       for all of a set                          for an event that it cannot take
--     fresh       fast       one UPDATE, the template is a look-up     needs care: postponed until now, so it comes due
--                                                                      locked or bad: all of the set, the careful path
--     come due    careful    claim, enrich, try conditions, route      bad: it alone is postponed, for some time
--
-- An event of a plain type has its template by event type, channel and language alone, and the fast path takes
-- thousands. Where the first template has a condition, or the event type an enrichment, the careful path takes it.

create or replace function message_center.add_steps(
    one message_center.routing_step, other message_center.routing_step
) returns message_center.routing_step
language sql immutable
begin atomic
    select
        coalesce(one.claimed, 0) + coalesce(other.claimed, 0),
        coalesce(one.routed, 0) + coalesce(other.routed, 0),
        coalesce(one.not_taken_into_account, 0) + coalesce(other.not_taken_into_account, 0),
        coalesce(one.expired, 0) + coalesce(other.expired, 0),
        coalesce(one.postponed, 0) + coalesce(other.postponed, 0),
        message_center.add_histograms(one.queue_times, other.queue_times),
        greatest(one.slowest_ms, other.slowest_ms),
        null::xid8, null::bigint,
        message_center.add_histograms(one.arrivals, other.arrivals),
        coalesce(one.queue_ms, 0) + coalesce(other.queue_ms, 0);
end;

-- Route what has come due: with care and so in smaller sets, lest what is fresh wait long.
create or replace function message_center.route_come_due(
    wanted_queue message_center.event_queue, max_events integer, routes jsonb, now_at timestamptz,
    inout cursor message_center.queue_cursor, out step message_center.routing_step
)
language plpgsql as $$
declare
    claim message_center.queue_claim := message_center.claim_come_due(
        wanted_queue, cursor.due_at, cursor.due_id, now_at, least(max_events, 1000));
    skipped bigint[] := message_center.load_skipped(wanted_queue::text);
    retaken message_center.queue_claim;
    arrivals jsonb;
begin
    if skipped <> '{}' then
        retaken := message_center.claim_skipped(wanted_queue, skipped[:1000], now_at);
        skipped := skipped[1001:] || retaken.skipped;
        arrivals := message_center.arrivals_of(wanted_queue, retaken.ids);
        claim.ids := array(select id from unnest(claim.ids) as id union select id from unnest(retaken.ids) as id);
    end if;
    perform message_center.save_skipped(wanted_queue::text, skipped || claim.skipped);
    if claim.ids <> '{}' then
        step := message_center.route_claimed(wanted_queue, claim.ids, routes, now_at);
        step.arrivals := arrivals;
    end if;
    -- Another session may have postponed events and not committed yet: stay two seconds behind.
    if claim.last_due <= now_at - interval '2 seconds' then
        cursor.due_at := claim.last_due;
        cursor.due_id := claim.last_id;
    else
        cursor.due_at := now_at - interval '2 seconds';
        cursor.due_id := 0;
    end if;
end
$$;

-- Route at most max_events of a range: on the fast path, else on the careful one. Nothing is claimed at the range's
-- end.
create or replace function message_center.route_fresh(
    wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer,
    routes jsonb, now_at timestamptz
) returns message_center.routing_step
language plpgsql as $$
declare
    batch message_center.queue_batch := message_center.batch_end(wanted_queue, start_xid, start_id, high, max_events);
    claim message_center.queue_claim;
    step message_center.routing_step;
    arrivals jsonb;
begin
    if batch.last_xid is null then
        return null;
    end if;
    step := message_center.route_range(
        wanted_queue, start_xid, start_id, batch.last_xid, batch.last_id, routes, now_at);
    -- Another session may have taken some of a full batch; the next batch begins after it all the same.
    step.claimed := coalesce(batch.claimed, step.claimed);
    return step;
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        -- A row is locked, or one bad event would hold up the others.
        claim := message_center.claim_pending(wanted_queue, start_xid, start_id, high, max_events);
        perform message_center.save_skipped(
            wanted_queue::text, message_center.load_skipped(wanted_queue::text) || claim.skipped);
        if claim.ids is null then
            return null;
        end if;
        arrivals := message_center.arrivals_of(wanted_queue, claim.ids);
        step := message_center.route_claimed(wanted_queue, claim.ids, routes, now_at);
        step.last_xid := claim.last_xid;
        step.last_id := claim.last_id;
        step.arrivals := arrivals;
        return step;
end
$$;

-- One step of routing for a queue: at most max_events, and some of those that have come due. `more` says that the
-- queue's end is not reached yet: call again at once. Any number of sessions may route one queue; SKIP LOCKED keeps
-- them apart.
create or replace function message_center.route_events(wanted_queue message_center.event_queue, max_events integer)
returns table (
    routed integer, not_taken_into_account integer, expired integer, postponed integer,
    queue_times jsonb, slowest_ms double precision, more boolean
)
language plpgsql as $$
declare
    cursor_name constant text := message_center.cursor_name(wanted_queue::text);
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    now_at constant timestamptz := clock_timestamp();
    routes constant jsonb := message_center.routes_of(wanted_queue);
    come_due record := message_center.route_come_due(wanted_queue, max_events, routes, now_at, cursor);
    fresh message_center.routing_step;
    total message_center.routing_step;
    range record;
begin
    cursor := message_center.begin_pass(come_due.cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        fresh := message_center.route_fresh(
            wanted_queue, range.start_xid, range.start_id, range.high, max_events, routes, now_at);
        exit when fresh.claimed > 0;
    end loop;
    if fresh.claimed > 0 then
        cursor.after_xid := fresh.last_xid;
        cursor.after_id := fresh.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor(cursor_name, cursor);

    total := message_center.add_steps(come_due.step, fresh);
    routed := total.routed;
    not_taken_into_account := total.not_taken_into_account;
    expired := total.expired;
    postponed := total.postponed;
    queue_times := total.queue_times;
    slowest_ms := total.slowest_ms;
    more := total.claimed > 0;
    if more then
        perform message_center.note_routing(wanted_queue, total, now_at);
    end if;
    if routed > 0 then
        perform message_center.wake_up('deliveryExecution');
    end if;
    return next;
end
$$;
