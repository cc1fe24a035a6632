-- Intake: the one door through which events come in.

create function message_center.email_is_well_formed(address text) returns boolean
language sql immutable
return length(address) <= 254
    and strpos(address, '@') <= 65
    -- Without nested or counted repetitions, which cost ten times as much.
    and address ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*$'
    and (length(address) < 64 or split_part(address, '@', 2) !~ '[^.]{64}');

create function message_center.is_moment(text) returns boolean
language sql stable
return $1 ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'
    and pg_input_is_valid($1, 'timestamptz');

-- What is wrong with the fields of an event, each on its own: unknown, or of another type. At most one row.
create function message_center.field_faults(event jsonb) returns table (fault text)
language sql stable
begin atomic
    select case
            when expected.type is null then format('unknown field "%s"', left(field.key, 100))
            else format('%s must be a JSON %s, not %s', field.key, expected.type, jsonb_typeof(field.value))
        end
    from jsonb_each(case jsonb_typeof(event) when 'object' then event end) as field
    cross join lateral (
        select '{
            "type": "string", "wished_channel": "number", "email": "string", "mobile_phone": "string",
            "registration_token": "string", "external_id": "string", "origin": "string", "language": "string",
            "country": "string", "email_format": "number", "ctx": "object", "scheduled": "string",
            "expiration": "string", "idempotency_key": "string", "replay_of": "number"}'::jsonb ->> field.key
    ) as expected (type)
    where jsonb_typeof(field.value) is distinct from expected.type
        and not (jsonb_typeof(field.value) = 'null' and expected.type is not null)
    limit 1;
end;

-- The field with the address of a channel; null for a channel that there is not.
create function message_center.address_field(wished_channel text) returns text
language sql immutable
return case coalesce(wished_channel, '0')
    when '0' then 'email'
    when '1' then 'mobile_phone'
    when '41' then 'registration_token'
    when '42' then 'registration_token'
end;

-- Why an event cannot be taken in; null when it can. One expression, so that PostgreSQL puts it into the statement that
-- judges a whole set.
--   field_fault        see field_faults
--   greatest_depth     of ctx;  too_deep is the path to what lies deeper
create function message_center.event_fault(
    event jsonb, field_fault text, greatest_ctx_bytes integer, greatest_depth smallint, too_deep jsonpath
) returns text
language sql stable
return case
    when jsonb_typeof(event) <> 'object' then 'an event is a JSON object, not ' || jsonb_typeof(event)
    when field_fault is not null then field_fault
    when coalesce(event ->> 'type', '') = '' then 'type is missing'
    when length(event ->> 'type') > 255 then 'type is longer than 255 characters'
    when message_center.address_field(event ->> 'wished_channel') is null then
        format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)', event ->> 'wished_channel')
    when coalesce(event ->> message_center.address_field(event ->> 'wished_channel'), '') = '' then
        format('%s is missing, the address of wished_channel %s',
            message_center.address_field(event ->> 'wished_channel'), coalesce(event ->> 'wished_channel', '0'))
    when coalesce(event ->> 'wished_channel', '0') = '0' and not message_center.email_is_well_formed(event ->> 'email')
        then 'email is badly formed'
    when length(event ->> message_center.address_field(event ->> 'wished_channel')) > 1000 then
        message_center.address_field(event ->> 'wished_channel') || ' is longer than 1000 characters'
    when (event ->> 'email_format') not in ('0', '1', '2') then 'email_format is none of 0 (unknown), 1 (text), 2 (HTML)'
    when length(event ->> 'idempotency_key') > 255 then 'idempotency_key is longer than 255 characters'
    when not pg_input_is_valid(event ->> 'replay_of', 'bigint') then 'replay_of is not the id of an event'
    when not message_center.is_moment(event ->> 'scheduled') then 'scheduled is not an ISO 8601 date and time'
    when not message_center.is_moment(event ->> 'expiration') then 'expiration is not an ISO 8601 date and time'
    when jsonb_typeof(event -> 'ctx') is distinct from 'object' then 'ctx is missing'
    when octet_length((event -> 'ctx')::text) > greatest_ctx_bytes then
        format('ctx is larger than %s bytes', greatest_ctx_bytes)
    when jsonb_path_exists(event -> 'ctx', too_deep) then format('ctx is nested deeper than %s levels', greatest_depth)
end;

-- An event on its way in.
create type message_center.pushed_event as (
    position integer,
    event jsonb,
    id bigint,
    reason text,
    is_known boolean
);

-- Push 1..n events: an array of objects, or one object. One result per event, in order: its id, or the reason for
-- which it was refused; a bad event never refuses the others. The type is json and not jsonb on purpose:
-- jsonb would refuse the whole call for one \u0000.
create function message_center.push_events(queue message_center.event_queue, events json)
returns table ("position" integer, id bigint, reason text)
language plpgsql
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
    target alias for queue;
    this message_center.instance;
    pushed message_center.pushed_event[];
    elements constant json := case json_typeof(events) when 'array' then events else json_build_array(events) end;
    -- Null when jsonb cannot hold them all; then each is judged alone.
    storable constant jsonb := case when pg_input_is_valid(elements::text, 'jsonb') then elements::text::jsonb end;
begin
    select * into this from message_center.instance;
    if this.identifier is null then
        raise exception 'this database is not registered as an execution instance yet'
            using hint = 'Create its connection in Airflow (Admin > Connections); its archiving workflow registers it.';
    end if;

    perform message_center.notice_restore();

    pushed := array(
        select row(
            judged.position, judged.event,
            case when judged.reason is null then nextval('message_center.event_id_seq') end,
            judged.reason, false
        )::message_center.pushed_event
        from (
            select parsed.position::integer, parsed.event,
                coalesce(parsed.fault, message_center.event_fault(parsed.event, field.fault, this.greatest_ctx_bytes,
                    this.greatest_ctx_depth, too_deep.path)) as reason
            from (select format('lax $.**{%s}', this.greatest_ctx_depth + 1)::jsonpath offset 0) as too_deep (path)
            cross join (
                select element.event, null as fault, element.position
                from jsonb_array_elements(storable) with ordinality as element (event, position)
                union all
                select case when fault.message is null then element.event::text::jsonb end,
                    'not storable: ' || fault.message, element.position
                from json_array_elements(case when storable is null then elements end) with ordinality
                    as element (event, position)
                cross join lateral pg_input_error_info(element.event::text, 'jsonb') as fault
            ) as parsed
            left join lateral message_center.field_faults(parsed.event) as field on true
            order by parsed.position
            offset 0
        ) as judged
    );

    if exists (
        select from unnest(pushed) as p where p.reason is null and p.event ->> 'idempotency_key' is not null
    ) then
        pushed := message_center.settle_idempotency_keys(target, pushed);
    end if;

    insert into message_center.event (
        id, queue, type, wished_channel, email, mobile_phone, registration_token, external_id, origin, language,
        country, email_format, ctx, scheduled, expiration, idempotency_key, replay_of, process_requested_on
    )
    select
        p.id, target, p.event ->> 'type', coalesce((p.event ->> 'wished_channel')::smallint, 0),
        p.event ->> 'email', p.event ->> 'mobile_phone', p.event ->> 'registration_token',
        p.event ->> 'external_id', p.event ->> 'origin', p.event ->> 'language', p.event ->> 'country',
        coalesce((p.event ->> 'email_format')::smallint, 0), p.event -> 'ctx',
        (p.event ->> 'scheduled')::timestamptz, (p.event ->> 'expiration')::timestamptz,
        p.event ->> 'idempotency_key', (p.event ->> 'replay_of')::bigint,
        -- A scheduled event is looked at when its time comes, or when it expires before that.
        case when (p.event ->> 'scheduled')::timestamptz > clock_timestamp()
            then least((p.event ->> 'scheduled')::timestamptz, (p.event ->> 'expiration')::timestamptz) end
    from unnest(pushed) as p
    where p.reason is null and not p.is_known;

    perform message_center.wake_up(case target when 'rt' then 'rtEventsProcessing' else 'batchEventsProcessing' end);

    return query select p.position, p.id, p.reason from unnest(pushed) as p;
end
$$;

-- Give each event with an idempotency key the id that the key stands for: the same key and content is the same
-- event, pushed again; the same key with other content is refused.
create function message_center.settle_idempotency_keys(
    queue message_center.event_queue, pushed message_center.pushed_event[]
) returns message_center.pushed_event[]
language plpgsql as $$
declare
    target alias for queue;
    settled message_center.pushed_event[];
begin
    loop
        -- In the order of the keys, so that two callers with the same keys never lock each other out.
        insert into message_center.idempotency_key (key, event_id, content)
        select distinct on (p.event ->> 'idempotency_key')
            p.event ->> 'idempotency_key', p.id, sha256(convert_to(target::text || p.event::text, 'UTF8'))
        from unnest(pushed) as p
        where p.reason is null and p.event ->> 'idempotency_key' is not null
        order by p.event ->> 'idempotency_key', p.position
        on conflict (key) do nothing;

        settled := array(
            select row(
                p.position, p.event,
                case when same.content then coalesce(k.event_id, p.id) end,
                case when same.content then p.reason
                    else format('idempotency_key "%s" was used for another event', k.key) end,
                -- Only the push that made the key's row inserts the event, and only once.
                case when p.reason is null and p.event ->> 'idempotency_key' is not null
                    then k.event_id <> p.id else false end
            )::message_center.pushed_event
            from unnest(pushed) as p
            left join message_center.idempotency_key as k
                on p.reason is null and k.key = p.event ->> 'idempotency_key'
            cross join lateral (
                select k.content is null or k.content = sha256(convert_to(target::text || p.event::text, 'UTF8'))
            ) as same (content)
            order by p.position
        );
        -- A key that was there, and whose event was purged before it was looked at, is free: take it.
        exit when not exists (select from unnest(settled) as s where s.is_known is null);
    end loop;
    return settled;
end
$$;
