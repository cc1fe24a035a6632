-- The contract with delivery engines, ours or anyone's, first half: claim events that are pending delivery.

-- What became pending delivery since the session's last claim: the next of it that an engine can have. Events that are
-- settled on the way are passed over; those that another session has locked are skipped, and remembered.
create or replace function message_center.claim_fresh(
    channel smallint, engine text, lease interval, max_events integer,
    inout cursor message_center.queue_cursor, inout skipped bigint[],
    out claims bigint[], out settled integer, out more boolean
)
language plpgsql as $$
declare
    range record;
    step message_center.delivery_claim;
begin
    cursor := message_center.begin_pass(cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.claim_set(
            channel, engine, lease, max_events, range.start_xid, range.start_id, range.high);
        exit when step.claimed > 0;
    end loop;
    more := coalesce(step.claimed > 0, false);
    if more then
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    claims := step.claims;
    settled := step.settled;
    skipped := skipped || step.skipped;
end
$$;

-- Claim at most max_events for the channel. The lease brings a crashed engine's claim back, and sooner if its session
-- called hold_claims. Events that have expired and addresses in quarantine are settled on the way and not returned.
create or replace function message_center.claim_deliveries(
    channel smallint, engine text, lease interval, max_events integer
) returns table (
    event_id bigint, queue message_center.event_queue, type text, address text, language text, country text,
    email_format smallint, external_id text, origin text, ctx jsonb, created_at timestamptz, template_id bigint,
    tries smallint, account text, claim_token bigint, traceparent text
)
language plpgsql
-- Planner settings, for all that it calls: see routing/fast_path.sql.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
declare
    cursor_name text;
    cursor message_center.queue_cursor;
    skipped bigint[];
    step record;
    settled integer;
    more boolean := true;
begin
    -- First: a restore gives the cursor another name.
    perform message_center.notice_restore();
    cursor_name := message_center.cursor_name('channel_' || channel);
    cursor := message_center.load_cursor(cursor_name);
    skipped := message_center.load_skipped(cursor_name);
    perform message_center.look_for_the_dead();
    step := message_center.reclaim_deliveries(channel, engine, lease, max_events);
    settled := step.settled;
    if step.claims is null and skipped <> '{}' then
        step := message_center.claim_events(channel, engine, lease, skipped[:max_events]);
        settled := settled + step.settled;
        skipped := skipped[max_events + 1:] || step.skipped;
    end if;
    while more and step.claims is null loop
        step := message_center.claim_fresh(channel, engine, lease, max_events, cursor, skipped);
        cursor := step.cursor;
        skipped := step.skipped;
        more := step.more;
        settled := settled + coalesce(step.settled, 0);
        perform message_center.save_cursor(cursor_name, cursor);
    end loop;
    perform message_center.save_skipped(cursor_name, skipped);
    if settled > 0 then
        perform message_center.wake_up('updateEventStatus');
    end if;

    return query
    select e.id, e.queue, e.type, l.address, e.language, e.country, e.email_format, e.external_id, e.origin, e.ctx,
        e.created_at, e.template_id, l.tries, i.account, l.claim_token, e.traceparent
    from unnest(step.claims) as claim (id)
    join message_center.delivery_log as l on l.event_id = claim.id
    join message_center.event as e on e.id = l.event_id and e.queue = l.queue
    cross join message_center.instance as i;
end
$$;
