-- Routing: link each pending event to a message template. Works on sets, from where the session's cursor stands.
--
-- Two paths. An event of a plain type has its template by event type, channel and language alone: one UPDATE takes
-- thousands. Where the first template has a condition, or the event type an enrichment, the fast path only sets the
-- event aside (process_requested_on), and the careful path takes it from there, as it takes all that come due.

-- What one step did. queue_times counts events by the bucket of their queue time: 20 buckets for each factor of 10,
-- bucket 0 begins at 1 µs.
create type message_center.routing_step as (
    claimed integer,
    routed integer,
    not_taken_into_account integer,
    expired integer,
    queue_times jsonb,
    slowest_ms double precision,
    last_xid xid8,
    last_due timestamptz,
    last_id bigint
);

create function message_center.template_key(event_type text, wished_channel smallint, language text) returns text
language sql immutable
-- ::text, because without it the concatenation is not immutable, and PostgreSQL would not inline the function. In brackets,
-- because an empty language then makes a constant together with the colons.
return wished_channel::text || (':' || language || ':') || event_type;

-- What routing has to know, as one value, so that an event's template is a look-up and not a join:
--   "<channel>:<language>:<event type>"   the template's id; 0 under the empty language: with care
--   "languages"                           there are templates for one language only
--   "type:<event type>"                   the event type exists; not empty: why it is stopped
--   "enriched"                            the enrichment of each event type that has one
-- Of several templates the one with the greatest priority comes first, then the most recently published.
create function message_center.routes_of(target message_center.event_queue) returns jsonb
language sql stable
begin atomic
    with published as (
        select t.id, t.event_type, t.wished_channel, t.language,
            t.condition is null and y.enrichment is null as is_plain,
            dense_rank() over (
                partition by t.event_type, t.wished_channel
                order by t.priority desc, t.published_at desc, t.internal_name, t.version desc
            ) as rank
        from message_center.message_template as t
        left join message_center.event_type as y on y.name = t.event_type
        where t.queue = target and t.unpublished_at is null and y.stopped_at is null
    ),
    route (key, value) as (
        select message_center.template_key(p.event_type, p.wished_channel, p.language), to_jsonb(p.id)
        from published as p
        where p.rank = 1 and p.is_plain
        union all
        select distinct message_center.template_key(p.event_type, p.wished_channel, ''), '0'::jsonb
        from published as p
        where p.rank = 1 and not p.is_plain
        union all
        select distinct 'languages', 'true'::jsonb
        from published as p
        where p.language <> ''
        union all
        select 'type:' || y.name, to_jsonb(coalesce(y.stopped_reason, ''))
        from message_center.event_type as y
        union all
        select 'enriched', jsonb_object_agg(y.name, y.enrichment)
        from message_center.event_type as y
        where y.enrichment is not null
        having count(*) > 0
    )
    select coalesce(jsonb_object_agg(r.key, r.value), '{}') from route as r;
end;

-- The template in the event's language, else the one for all languages; 0: with care.
create function message_center.template_for(
    routes jsonb, event_type text, wished_channel smallint, language text
) returns bigint
language sql immutable
return coalesce(
    case when routes ? 'languages' then routes ->> message_center.template_key(event_type, wished_channel, language) end,
    routes ->> message_center.template_key(event_type, wished_channel, '')
)::bigint;

create function message_center.routed_status(
    expiration timestamptz, now_at timestamptz, template_id bigint
) returns message_center.event_status
language sql immutable
return case
    when expiration <= now_at then 'Expired'::message_center.event_status
    when template_id is null then 'Event not taken into account'::message_center.event_status
    when template_id = 0 then 'Pending'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

create function message_center.routing_reason(
    routes jsonb, expiration timestamptz, now_at timestamptz, template_id bigint,
    event_type text, wished_channel smallint, target message_center.event_queue
) returns text
language sql stable
return case
    when expiration <= now_at then format('expired on %s, before it was processed', expiration)
    when template_id is not null then null
    when not routes ? ('type:' || event_type) then format('unknown event type "%s"', event_type)
    when routes ->> ('type:' || event_type) <> '' then
        message_center.reason_of_stop(event_type, routes ->> ('type:' || event_type))
    else
        format('no published message template for event type "%s", channel %s, in the %s queue',
            event_type, wished_channel, target)
end;

-- How an event's queue time is counted. date_part and not extract: numeric would cost more than the rest.
create function message_center.queue_ms(processed_at timestamptz, process_requested_on timestamptz, created_at timestamptz)
returns float8
language sql stable
return 1000 * date_part('epoch', processed_at - coalesce(process_requested_on, created_at));

create function message_center.queue_time_bucket(queue_ms float8) returns integer
language sql immutable
return floor(20 * log(greatest(queue_ms, 0.001) * 1000))::integer;

-- Route what became visible between low and high: the `batch`th pending row from here, or else the last, is found in the
-- index, and one UPDATE takes all up to it. It cannot skip what another session has locked, so it gives up soon
-- (lock_not_available) and leaves the set to the careful path.
create function message_center.route_range(
    target message_center.event_queue, start_xid xid8, start_id bigint, high xid8,
    routes jsonb, now_at timestamptz, batch integer
) returns message_center.routing_step
language sql
set lock_timeout = '50ms'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with full_batch as materialized (
        select e.modified_xid, e.id
        from message_center.event as e
        where e.queue = target
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        offset batch - 1
        limit 1
    ),
    last as materialized (
        select * from full_batch
        union all
        (
            select e.modified_xid, e.id
            from message_center.event as e
            where not exists (select from full_batch)
                and e.queue = target
                and e.status = 'Pending'
                and e.process_requested_on is null
                and (e.modified_xid, e.id) > (start_xid, start_id)
                and e.modified_xid <= high
            order by e.modified_xid desc, e.id desc
            limit 1
        )
    ),
    routed as (
        update message_center.event as e set
            -- offset 0: look each event's template up once, not once for each column.
            (template_id, status, status_reason, process_requested_on) = (
                select nullif(t.id, 0), message_center.routed_status(e.expiration, now_at, t.id),
                    message_center.routing_reason(routes, e.expiration, now_at, t.id, e.type, e.wished_channel, target),
                    case t.id when 0 then clock_timestamp() end
                from (
                    select message_center.template_for(routes, e.type, e.wished_channel, e.language) as id
                    offset 0
                ) as t
            ),
            processed_at = clock_timestamp(),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        where e.queue = target
            and e.status = 'Pending'
            and e.process_requested_on is null
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and (e.modified_xid, e.id) <= ((select l.modified_xid from last as l), (select l.id from last as l))
        returning e.status, message_center.queue_ms(e.processed_at, null, e.created_at) as queue_ms
    )
    select
        -- Another session may have taken some of a full batch; the next batch begins after it all the same.
        case when exists (select from full_batch) then batch else sum(b.events) end,
        sum(b.events) filter (where b.status = 'Pending delivery'),
        sum(b.events) filter (where b.status = 'Event not taken into account'),
        sum(b.events) filter (where b.status = 'Expired'),
        jsonb_object_agg(b.bucket, b.events) filter (where b.status = 'Pending delivery'),
        max(b.slowest_ms),
        (select l.modified_xid from last as l),
        null::timestamptz,
        (select l.id from last as l)
    from (
        select r.status, message_center.queue_time_bucket(r.queue_ms) as bucket, count(*)::integer as events,
            max(r.queue_ms) as slowest_ms
        from routed as r
        group by 1, 2
    ) as b;
end;

-- A set of pending events that this session has locked, and how far it came.
create type message_center.queue_claim as (
    ids bigint[],
    last_xid xid8,
    last_due timestamptz,
    last_id bigint
);

-- Claim one set, and skip what another session has locked: either what waits for a time that has come (due), or what
-- became visible between low and high.
create function message_center.claim_pending(
    target message_center.event_queue, due boolean, low xid8, high xid8,
    cursor message_center.queue_cursor, now_at timestamptz, batch integer
) returns message_center.queue_claim
language sql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with claimed as materialized (
        select *
        from (
            select e.id, e.modified_xid, e.process_requested_on
            from message_center.event as e
            where not due
                and e.queue = target
                and e.status = 'Pending'
                and e.process_requested_on is null
                and (e.modified_xid, e.id) > (greatest(low, cursor.after_xid),
                    case when cursor.after_xid >= low then cursor.after_id else 0 end)
                and e.modified_xid <= high
            order by e.modified_xid, e.id
            limit batch
            for no key update skip locked
        ) as fresh
        union all
        select *
        from (
            select e.id, e.modified_xid, e.process_requested_on
            from message_center.event as e
            where due
                and e.queue = target
                and e.status = 'Pending'
                and e.process_requested_on is not null
                and (e.process_requested_on, e.id) > (cursor.due_at, cursor.due_id)
                and e.process_requested_on <= now_at
            order by e.process_requested_on, e.id
            limit batch
            for no key update skip locked
        ) as come_due
    )
    select array_agg(c.id order by c.process_requested_on, c.modified_xid, c.id), l.modified_xid,
        l.process_requested_on, l.id
    from claimed as c
    cross join (
        select last.* from claimed as last
        order by last.process_requested_on desc, last.modified_xid desc, last.id desc
        limit 1
    ) as l
    group by l.modified_xid, l.process_requested_on, l.id;
end;

-- The first template, by priority and date of publication, whose condition holds for the event; in its language, else
-- the one for all languages. A condition sees the event as a JSON object of its columns.
create function message_center.template_on_condition(event message_center.event) returns bigint
language sql stable
begin atomic
    select t.id
    from message_center.message_template as t
    where t.queue = event.queue
        and t.event_type = event.type
        and t.wished_channel = event.wished_channel
        and t.unpublished_at is null
        and t.language in ('', event.language)
        and (t.condition is null or jsonb_path_match(to_jsonb(event), t.condition))
    order by t.priority desc, t.published_at desc, t.internal_name, t.language desc
    limit 1;
end;

-- Route a set of claimed events, whatever their type needs. Those that have been postponed on the way stay.
create function message_center.route_set(
    target message_center.event_queue, ids bigint[], routes jsonb, now_at timestamptz
) returns message_center.routing_step
language sql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with routed as (
        update message_center.event as e set
            (template_id, status, status_reason) = (
                select t.id, message_center.routed_status(e.expiration, now_at, t.id),
                    message_center.routing_reason(routes, e.expiration, now_at, t.id, e.type, e.wished_channel, target)
                from (
                    select case plain.id when 0 then message_center.template_on_condition(e) else plain.id end as id
                    from (
                        select message_center.template_for(routes, e.type, e.wished_channel, e.language) as id
                        offset 0
                    ) as plain
                    offset 0
                ) as t
            ),
            processed_at = clock_timestamp(),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from unnest(ids) as claimed (id)
        where e.queue = target
            and e.id = claimed.id
            and e.status = 'Pending'
            and (e.process_requested_on is null or e.process_requested_on <= now_at)
        returning e.status,
            message_center.queue_ms(
                e.processed_at,
                -- An event that was only set aside has waited since it came.
                case when e.error_count > 0 or e.scheduled is not null then e.process_requested_on end,
                e.created_at
            ) as queue_ms
    )
    select
        cardinality(ids),
        sum(b.events) filter (where b.status = 'Pending delivery'),
        sum(b.events) filter (where b.status = 'Event not taken into account'),
        sum(b.events) filter (where b.status = 'Expired'),
        jsonb_object_agg(b.bucket, b.events) filter (where b.status = 'Pending delivery'),
        max(b.slowest_ms),
        null::xid8, null::timestamptz, null::bigint
    from (
        select r.status, message_center.queue_time_bucket(r.queue_ms) as bucket, count(*)::integer as events,
            max(r.queue_ms) as slowest_ms
        from routed as r
        group by 1, 2
    ) as b;
end;

-- The careful path: enrich a set of claimed events and route it. When that fails, the set is halved until the event
-- is found that is to blame; it alone is put back, with the reason.
create function message_center.route_claimed(
    target message_center.event_queue, ids bigint[], routes jsonb, now_at timestamptz
) returns message_center.routing_step
language plpgsql as $$
declare
    half integer := cardinality(ids) / 2;
begin
    if routes ? 'enriched' then
        perform message_center.enrich_claimed(target, ids, routes -> 'enriched', now_at);
    end if;
    return message_center.route_set(target, ids, routes, now_at);
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(target, ids[1], sqlerrm);
            return row(1, 0, 0, 0, null, null, null, null, null)::message_center.routing_step;
        end if;
        return message_center.add_steps(
            message_center.route_claimed(target, ids[:half], routes, now_at),
            message_center.route_claimed(target, ids[half + 1:], routes, now_at)
        );
end
$$;

create function message_center.add_steps(one message_center.routing_step, other message_center.routing_step)
returns message_center.routing_step
language sql immutable
begin atomic
    select
        coalesce(one.claimed, 0) + coalesce(other.claimed, 0),
        coalesce(one.routed, 0) + coalesce(other.routed, 0),
        coalesce(one.not_taken_into_account, 0) + coalesce(other.not_taken_into_account, 0),
        coalesce(one.expired, 0) + coalesce(other.expired, 0),
        (
            select jsonb_object_agg(sums.bucket, sums.events)
            from (
                select b.key as bucket, sum(b.value::integer) as events
                from (
                    select * from jsonb_each_text(one.queue_times)
                    union all
                    select * from jsonb_each_text(other.queue_times)
                ) as b
                group by b.key
            ) as sums
        ),
        greatest(one.slowest_ms, other.slowest_ms),
        null::xid8, null::timestamptz, null::bigint;
end;

-- Put an event back that could not be routed, to be tried again later; after the greatest number of tries it expires.
create function message_center.postpone_event(
    target message_center.event_queue, event_id bigint, reason text
) returns void
language sql
begin atomic
    update message_center.event as e set
        error_count = e.error_count + 1,
        status = case when e.error_count + 1 >= i.greatest_number_of_tries then 'Expired' else e.status end,
        status_reason = case when e.error_count + 1 >= i.greatest_number_of_tries
            then format('given up after %s tries: %s', e.error_count + 1, reason) else reason end,
        process_requested_on = least(
            clock_timestamp() + least(interval '10 seconds' * 2 ^ e.error_count, interval '1 hour'), e.expiration)
    from message_center.instance as i
    where e.queue = target and e.id = event_id and e.status = 'Pending';
end;

-- One step of routing for a queue: at most `batch` events, and some of those that have come due. `more` says that the
-- queue's end is not reached yet: call again at once. Any number of sessions may route one queue; SKIP LOCKED keeps
-- them apart.
create function message_center.route_events(target message_center.event_queue, batch integer)
returns table (
    routed integer, not_taken_into_account integer, expired integer, postponed integer,
    queue_times jsonb, slowest_ms double precision, more boolean
)
language plpgsql as $$
declare
    cursor message_center.queue_cursor := message_center.load_cursor(target::text);
    now_at timestamptz := clock_timestamp();
    routes jsonb := message_center.routes_of(target);
    claim message_center.queue_claim;
    step message_center.routing_step;
    total message_center.routing_step;
    range record;
begin
    more := false;

    -- With care and so in smaller sets, lest what is fresh wait long.
    claim := message_center.claim_pending(target, true, null, null, cursor, now_at, least(batch, 1000));
    if claim.ids is not null then
        total := message_center.route_claimed(target, claim.ids, routes, now_at);
        more := true;
    end if;
    postponed := coalesce(total.claimed - coalesce(total.routed, 0)
        - coalesce(total.not_taken_into_account, 0) - coalesce(total.expired, 0), 0);
    -- Another session may have set events aside and not committed yet: stay two seconds behind.
    if claim.last_due <= now_at - interval '2 seconds' then
        cursor.due_at := claim.last_due;
        cursor.due_id := claim.last_id;
    else
        cursor.due_at := now_at - interval '2 seconds';
        cursor.due_id := 0;
    end if;

    if cursor.passing is null then
        cursor.passing := pg_current_snapshot();
        cursor.after_xid := '0';
        cursor.after_id := 0;
    end if;
    for range in select x.low, x.high from message_center.xid_ranges(cursor.seen, cursor.after_xid) as x loop
        begin
            step := message_center.route_range(target, greatest(range.low, cursor.after_xid),
                case when cursor.after_xid >= range.low then cursor.after_id else 0 end,
                range.high, routes, now_at, batch);
        exception
            when insufficient_resources or operator_intervention then
                raise;
            when others then
                -- A row is locked, or one bad event would hold up the others.
                claim := message_center.claim_pending(target, false, range.low, range.high, cursor, now_at, batch);
                step := null;
                if claim.ids is not null then
                    step := message_center.route_claimed(target, claim.ids, routes, now_at);
                    postponed := postponed + step.claimed - coalesce(step.routed, 0)
                        - coalesce(step.not_taken_into_account, 0) - coalesce(step.expired, 0);
                    step.last_xid := claim.last_xid;
                    step.last_id := claim.last_id;
                end if;
        end;
        if coalesce(step.claimed, 0) > 0 then
            cursor.after_xid := step.last_xid;
            cursor.after_id := step.last_id;
            total := message_center.add_steps(total, step);
            exit;
        end if;
    end loop;

    if coalesce(step.claimed, 0) = 0 then
        cursor.seen := cursor.passing;
        cursor.passing := null;
    else
        more := true;
    end if;
    perform message_center.save_cursor(target::text, cursor);

    routed := coalesce(total.routed, 0);
    not_taken_into_account := coalesce(total.not_taken_into_account, 0);
    expired := coalesce(total.expired, 0);
    queue_times := total.queue_times;
    slowest_ms := total.slowest_ms;
    if routed > 0 then
        perform message_center.wake_up('deliveryExecution');
    end if;
    return next;
end
$$;

-- Events whose template is linked but which no engine has taken before their date. A claimed one is settled by
-- claim_deliveries, through its delivery log.
create function message_center.expire_events(target message_center.event_queue) returns integer
language sql
begin atomic
    with late as (
        select e.id
        from message_center.event as e
        where e.queue = target
            and e.status = 'Pending delivery'
            and e.expiration <= clock_timestamp()
            and not exists (select from message_center.delivery_log as l where l.event_id = e.id)
        order by e.expiration, e.id
        limit 1000
        for update skip locked
    ),
    expired as (
        update message_center.event as e set
            status = 'Expired',
            status_reason = format('expired on %s, before it was delivered', e.expiration)
        from late
        where e.queue = target and e.id = late.id
        returning 1
    )
    select count(*)::integer from expired;
end;
