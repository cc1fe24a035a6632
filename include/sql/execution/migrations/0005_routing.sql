-- Routing: link each pending event to a message template. Works on sets, from where the session's cursor stands.

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
-- ::text, because without it the concatenation is not immutable, and PostgreSQL would not inline the function.
return wished_channel::text || ':' || language || ':' || event_type;

-- The templates of a queue that events may be linked to, by event type, channel and language; of several, the most
-- recently published. As one value, so that an event's template is a look-up and not a join.
create function message_center.templates_of(target message_center.event_queue) returns jsonb
language sql stable
begin atomic
    select coalesce(jsonb_object_agg(message_center.template_key(t.event_type, t.wished_channel, t.language), t.id), '{}')
    from (
        select distinct on (t.event_type, t.wished_channel, t.language)
            t.event_type, t.wished_channel, t.language, t.id
        from message_center.message_template as t
        where t.queue = target and t.unpublished_at is null
        order by t.event_type, t.wished_channel, t.language, t.published_at desc, t.id desc
    ) as t;
end;

-- The template in the event's language, else the one for all languages.
create function message_center.template_for(
    templates jsonb, event_type text, wished_channel smallint, language text
) returns bigint
language sql immutable
return coalesce(
    templates -> message_center.template_key(event_type, wished_channel, language),
    templates -> message_center.template_key(event_type, wished_channel, '')
)::bigint;

create function message_center.routed_status(
    expiration timestamptz, now_at timestamptz, template_id bigint
) returns message_center.event_status
language sql immutable
return case
    when expiration <= now_at then 'Expired'::message_center.event_status
    when template_id is null then 'Event not taken into account'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

create function message_center.routing_reason(
    expiration timestamptz, now_at timestamptz, template_id bigint,
    event_type text, wished_channel smallint, target message_center.event_queue
) returns text
language sql stable
return case
    when expiration <= now_at then format('expired on %s, before it was processed', expiration)
    when template_id is null then
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

-- Route what became visible between low and high, without a second look at any row: the next `batch` rows are
-- counted off in the index, and one UPDATE takes them. It cannot skip what another session has locked, so it gives up
-- soon (lock_not_available) and leaves the set to route_set.
create function message_center.route_range(
    target message_center.event_queue, start_xid xid8, start_id bigint, high xid8,
    templates jsonb, now_at timestamptz, batch integer
) returns message_center.routing_step
language sql
set lock_timeout = '50ms'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
begin atomic
    with last as materialized (
        select count(*) over () as claimed, next.modified_xid, next.id
        from (
            select e.modified_xid, e.id
            from message_center.event as e
            where e.queue = target
                and e.status = 'Pending'
                and e.process_requested_on is null
                and (e.modified_xid, e.id) > (start_xid, start_id)
                and e.modified_xid <= high
            order by e.modified_xid, e.id
            limit batch
        ) as next
        order by next.modified_xid desc, next.id desc
        limit 1
    ),
    routed as (
        update message_center.event as e set
            -- offset 0: look each event's template up once, not once for each column.
            (template_id, status, status_reason) = (
                select t.id, message_center.routed_status(e.expiration, now_at, t.id),
                    message_center.routing_reason(e.expiration, now_at, t.id, e.type, e.wished_channel, target)
                from (
                    select message_center.template_for(templates, e.type, e.wished_channel, e.language) as id
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
        (select l.claimed from last as l),
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

-- Route one set, and skip what another session has locked: either what waits for a time that has come (due), or what
-- became visible between low and high. The row lock keeps each row where it is, so the update finds it by ctid.
create function message_center.route_set(
    target message_center.event_queue, due boolean, low xid8, high xid8,
    cursor message_center.queue_cursor, templates jsonb, now_at timestamptz, batch integer
) returns message_center.routing_step
language sql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
begin atomic
    with claimed as materialized (
        select *
        from (
            select e.ctid as place, e.id, e.modified_xid, e.process_requested_on,
                message_center.template_for(templates, e.type, e.wished_channel, e.language)
                    as template_id
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
            select e.ctid, e.id, e.modified_xid, e.process_requested_on,
                message_center.template_for(templates, e.type, e.wished_channel, e.language)
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
    ),
    routed as (
        update message_center.event as e set
            template_id = c.template_id,
            status = message_center.routed_status(e.expiration, now_at, c.template_id),
            status_reason = message_center.routing_reason(
                e.expiration, now_at, c.template_id, e.type, e.wished_channel, target),
            processed_at = clock_timestamp(),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from claimed as c
        where e.queue = target and e.ctid = c.place
        returning e.status,
            message_center.queue_ms(e.processed_at, e.process_requested_on, e.created_at) as queue_ms
    ),
    last as (
        select count(*) over () as claimed, c.modified_xid, c.process_requested_on, c.id
        from claimed as c
        order by c.process_requested_on desc, c.modified_xid desc, c.id desc
        limit 1
    )
    select
        (select l.claimed from last as l),
        sum(b.events) filter (where b.status = 'Pending delivery'),
        sum(b.events) filter (where b.status = 'Event not taken into account'),
        sum(b.events) filter (where b.status = 'Expired'),
        jsonb_object_agg(b.bucket, b.events) filter (where b.status = 'Pending delivery'),
        max(b.slowest_ms),
        (select l.modified_xid from last as l),
        (select l.process_requested_on from last as l),
        (select l.id from last as l)
    from (
        select r.status, message_center.queue_time_bucket(r.queue_ms) as bucket, count(*)::integer as events,
            max(r.queue_ms) as slowest_ms
        from routed as r
        group by 1, 2
    ) as b;
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

-- One step of routing for a queue: at most `batch` events. `more` says that the queue's end is not reached yet:
-- call again at once. Any number of sessions may route one queue; SKIP LOCKED keeps them apart.
create function message_center.route_events(target message_center.event_queue, batch integer)
returns table (
    routed integer, not_taken_into_account integer, expired integer, postponed integer,
    queue_times jsonb, slowest_ms double precision, more boolean
)
language plpgsql as $$
declare
    cursor message_center.queue_cursor := message_center.load_cursor(target::text);
    now_at timestamptz := clock_timestamp();
    step message_center.routing_step;
    templates jsonb := message_center.templates_of(target);
    range record;
begin
    routed := 0; not_taken_into_account := 0; expired := 0; postponed := 0; more := false;
    if cursor.passing is null then
        cursor.passing := pg_current_snapshot();
        cursor.after_xid := '0';
        cursor.after_id := 0;
    end if;

    for range in
        select true as due, '0'::xid8 as low, '0'::xid8 as high
        union all
        (select false, x.low, x.high from message_center.xid_ranges(cursor.seen, cursor.after_xid) as x)
    loop
        begin
            if range.due then
                step := message_center.route_set(target, true, range.low, range.high, cursor, templates, now_at, batch);
            else
                step := message_center.route_range(target, greatest(range.low, cursor.after_xid),
                    case when cursor.after_xid >= range.low then cursor.after_id else 0 end,
                    range.high, templates, now_at, batch);
            end if;
        exception when lock_not_available then
            step := message_center.route_set(target, range.due, range.low, range.high, cursor, templates, now_at, batch);
        when others then
            -- One bad event must not hold up the others: find it, alone, and put it back with the reason.
            step := message_center.route_one_by_one(target, range.due, range.low, range.high, cursor, templates, now_at);
            postponed := postponed + step.claimed - coalesce(step.routed, 0)
                - coalesce(step.not_taken_into_account, 0) - coalesce(step.expired, 0);
            batch := step.claimed;
        end;
        routed := routed + coalesce(step.routed, 0);
        not_taken_into_account := not_taken_into_account + coalesce(step.not_taken_into_account, 0);
        expired := expired + coalesce(step.expired, 0);
        if coalesce(step.claimed, 0) > 0 then
            queue_times := step.queue_times;
            slowest_ms := greatest(slowest_ms, step.slowest_ms);
            if range.due then
                cursor.due_at := step.last_due;
                cursor.due_id := step.last_id;
            else
                cursor.after_xid := step.last_xid;
                cursor.after_id := step.last_id;
            end if;
            more := true;
            exit;
        elsif range.due then
            cursor.due_at := now_at;
            cursor.due_id := 9223372036854775807;
        end if;
    end loop;

    if not more then
        cursor.seen := cursor.passing;
        cursor.passing := null;
    end if;
    perform message_center.save_cursor(target::text, cursor);
    if routed > 0 then
        perform message_center.wake_up('deliveryExecution');
    end if;
    if not_taken_into_account + expired + postponed > 0 then
        more := true;
    end if;
    return next;
end
$$;

create function message_center.route_one_by_one(
    target message_center.event_queue, due boolean, low xid8, high xid8,
    cursor message_center.queue_cursor, templates jsonb, now_at timestamptz
) returns message_center.routing_step
language plpgsql as $$
declare
    total message_center.routing_step;
    step message_center.routing_step;
    bad_id bigint;
begin
    total := row(0, 0, 0, 0, '{}'::jsonb, 0, null, null, null);
    for n in 1..100 loop
        begin
            step := message_center.route_set(target, due, low, high, cursor, templates, now_at, 1);
        exception when others then
            select e.id, e.modified_xid, e.process_requested_on into bad_id, step.last_xid, step.last_due
            from message_center.event as e
            where e.queue = target
                and e.status = 'Pending'
                and case when due
                    then (e.process_requested_on, e.id) > (cursor.due_at, cursor.due_id)
                        and e.process_requested_on <= now_at
                    else e.process_requested_on is null and e.modified_xid <= high
                        and (e.modified_xid, e.id) > (greatest(low, cursor.after_xid),
                            case when cursor.after_xid >= low then cursor.after_id else 0 end)
                    end
            order by e.process_requested_on, e.modified_xid, e.id
            limit 1
            for no key update skip locked;
            perform message_center.postpone_event(target, bad_id, sqlerrm);
            step := row(case when bad_id is null then 0 else 1 end, 0, 0, 0, null, 0,
                step.last_xid, step.last_due, bad_id);
        end;
        exit when coalesce(step.claimed, 0) = 0;
        total.claimed := total.claimed + 1;
        total.routed := total.routed + coalesce(step.routed, 0);
        total.not_taken_into_account := total.not_taken_into_account + coalesce(step.not_taken_into_account, 0);
        total.expired := total.expired + coalesce(step.expired, 0);
        total.slowest_ms := greatest(total.slowest_ms, step.slowest_ms);
        total.last_xid := step.last_xid;
        total.last_due := step.last_due;
        total.last_id := step.last_id;
        if due then
            cursor.due_at := step.last_due;
            cursor.due_id := step.last_id;
        else
            cursor.after_xid := step.last_xid;
            cursor.after_id := step.last_id;
        end if;
    end loop;
    return total;
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
