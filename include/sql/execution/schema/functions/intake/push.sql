-- Intake: the one door through which events come in.

-- Push 1..n events: an array of objects, or one object. One result per event, in order: its id, or the reason for
-- which it was refused; a bad event never refuses the others. The type is json and not jsonb on purpose:
-- jsonb would refuse the whole call for one \u0000.
--
-- One plain event is stored without what is made ready for sets, keys and schedules, and all in this function: to call
-- another one, and to find the partition, take a tenth of the time each. Everything else goes the way of take_in.
create or replace function message_center.push_events(queue message_center.event_queue, events json)
returns table ("position" integer, id bigint, reason text)
language plpgsql
set timezone = 'UTC'
as $$
#variable_conflict use_variable
declare
    max_bytes constant integer := 4096;
    event jsonb;
    is_plain boolean;
begin
    -- What is longer is small beside its text, or has its exponents looked at: storable_events does.
    if starts_with(events::text, '{') and octet_length(events::text) <= max_bytes and message_center.is_itself() then
        begin
            event := events::text::jsonb;
        exception
            when data_exception or program_limit_exceeded or statement_too_complex or internal_error then
                null; -- take_in says why
        end;
        select i.instance_identifier is not null and octet_length(events::text) <= i.max_call_bytes
            and message_center.is_plain(event, i.max_ctx_bytes)
            -- Each level takes eight bytes at least: nothing can be too deep in what is short.
            and (pg_column_size(event) <= 8 * i.max_ctx_depth or message_center.is_shallow(event, i.max_ctx_depth))
        into is_plain
        from message_center.instance as i;
    end if;
    if is_plain is not true then
        return query select * from message_center.take_in(queue, events, null);
        return;
    end if;

    "position" := 1;
    id := nextval('message_center.event_id_seq');
    if queue = 'rt' then
        insert into message_center.rt_event (
            id, queue, type, email, external_id, origin, language, country, ctx, traceparent
        ) values (
            id, queue, event ->> 'type', event ->> 'email', event ->> 'external_id', event ->> 'origin',
            event ->> 'language', event ->> 'country', event -> 'ctx', event ->> 'traceparent'
        );
        if message_center.window_waits('rtEventsProcessing') then
            perform message_center.wake_up('rtEventsProcessing');
        end if;
    else
        insert into message_center.batch_event (
            id, queue, type, email, external_id, origin, language, country, ctx, traceparent
        ) values (
            id, queue, event ->> 'type', event ->> 'email', event ->> 'external_id', event ->> 'origin',
            event ->> 'language', event ->> 'country', event -> 'ctx', event ->> 'traceparent'
        );
        if message_center.window_waits('batchEventsProcessing') then
            perform message_center.wake_up('batchEventsProcessing');
        end if;
    end if;
    return next;
end
$$;

-- The same on behalf of a door's caller, whose events they are. Doors push arrays.
create or replace function message_center.push_events_of(caller text, queue message_center.event_queue, events json)
returns table ("position" integer, id bigint, reason text)
language plpgsql
set timezone = 'UTC'
as $$
begin
    return query select * from message_center.take_in(queue, events, caller);
end
$$;

create or replace function message_center.take_in(queue message_center.event_queue, events json, caller text)
returns table ("position" integer, id bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
    wanted_queue alias for queue;
    owner alias for caller;
    this message_center.instance;
    pushed message_center.pushed_event[];
    these record;
begin
    select * into this from message_center.instance;
    if this.instance_identifier is null then
        raise exception 'this database is not registered as an execution instance yet'
            using errcode = '55000', hint = 'Create its connection in Airflow; its archiving workflow registers it.';
    end if;

    if octet_length(events::text) > least(this.max_call_bytes, 20 * this.max_call_events::bigint) then
        perform message_center.refuse_oversized_call(events, this);
    end if;
    if not message_center.is_itself() then
        perform message_center.notice_restore();
    end if;

    pushed := message_center.judge_events(
        case json_typeof(events) when 'array' then events else json_build_array(events) end,
        this.max_ctx_bytes, this.max_ctx_depth);
    select bool_or(p.event ? 'idempotency_key') as have_keys, bool_or(p.event ? 'scheduled') as are_scheduled into these
    from unnest(pushed) as p where p.reason is null;
    if these.have_keys then
        pushed := message_center.settle_idempotency_keys(wanted_queue, pushed, coalesce(owner, ''));
    end if;

    insert into message_center.event as e (
        id, queue, type, wished_channel, email, mobile_phone, registration_token, external_id, origin, language,
        country, email_format, ctx, scheduled, expiration, idempotency_key, replay_of, process_requested_on,
        caller, traceparent
    )
    select
        p.id, wanted_queue, p.event ->> 'type', coalesce((p.event ->> 'wished_channel')::smallint, 0),
        p.event ->> 'email', p.event ->> 'mobile_phone', p.event ->> 'registration_token',
        p.event ->> 'external_id', p.event ->> 'origin', p.event ->> 'language', p.event ->> 'country',
        coalesce((p.event ->> 'email_format')::smallint, 0), p.event -> 'ctx',
        (p.event ->> 'scheduled')::timestamptz, (p.event ->> 'expiration')::timestamptz,
        p.event ->> 'idempotency_key', (p.event ->> 'replay_of')::bigint,
        -- A scheduled event is looked at when its time comes; it does not expire before that.
        case when (p.event ->> 'scheduled')::timestamptz > clock_timestamp()
            then (p.event ->> 'scheduled')::timestamptz end,
        owner, p.event ->> 'traceparent'
    from unnest(pushed) as p where p.reason is null and not p.is_known;
    -- What is for now is counted when a window sees it; what is for later, here: nobody will see it for long.
    if these.are_scheduled then
        perform message_center.note_scheduled(wanted_queue, pushed);
    end if;
    perform message_center.wake_up(
        case wanted_queue when 'rt' then 'rtEventsProcessing' else 'batchEventsProcessing' end);

    return query select p.position, p.id, p.reason from unnest(pushed) as p;
end
$$;
