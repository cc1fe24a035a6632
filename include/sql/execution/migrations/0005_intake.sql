-- Intake: the one door through which events come in.

create function message_center.email_is_well_formed(address text) returns boolean
language sql immutable
return length(address) <= 254
    and address ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$'
    and strpos(address, '@') <= 65;

create function message_center.is_moment(text) returns boolean
language sql stable
return $1 ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'
    and pg_input_is_valid($1, 'timestamptz');

-- Why an event cannot be taken in; null when it can.
create function message_center.event_fault(event jsonb, greatest_ctx_bytes integer, greatest_ctx_depth smallint)
returns text
language plpgsql stable as $$
declare
    field_types constant jsonb := '{
        "type": "string", "wished_channel": "number", "email": "string", "mobile_phone": "string",
        "registration_token": "string", "external_id": "string", "origin": "string", "language": "string",
        "country": "string", "email_format": "number", "ctx": "object", "scheduled": "string",
        "expiration": "string", "idempotency_key": "string", "replay_of": "number"}';
    channel_fields constant jsonb := '{
        "0": "email", "1": "mobile_phone", "41": "registration_token", "42": "registration_token"}';
    fault text;
    address_field text;
begin
    if jsonb_typeof(event) <> 'object' then
        return 'an event is a JSON object, not ' || jsonb_typeof(event);
    end if;

    select case
            when field_types ? key then format('%s must be a JSON %s, not %s', key, field_types ->> key, jsonb_typeof(value))
            else format('unknown field "%s"', left(key, 100))
        end
    into fault
    from jsonb_each(event)
    where jsonb_typeof(value) is distinct from field_types ->> key
        and not (jsonb_typeof(value) = 'null' and field_types ? key)
    limit 1;
    if fault is not null then
        return fault;
    end if;

    if coalesce(event ->> 'type', '') = '' then
        return 'type is missing';
    elsif length(event ->> 'type') > 255 then
        return 'type is longer than 255 characters';
    end if;

    address_field := channel_fields ->> coalesce(event ->> 'wished_channel', '0');
    if address_field is null then
        return format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)', event ->> 'wished_channel');
    elsif coalesce(event ->> address_field, '') = '' then
        return format('%s is missing, the address of wished_channel %s', address_field, coalesce(event ->> 'wished_channel', '0'));
    elsif address_field = 'email' and not message_center.email_is_well_formed(event ->> 'email') then
        return 'email is badly formed';
    elsif length(event ->> address_field) > 1000 then
        return address_field || ' is longer than 1000 characters';
    end if;

    if coalesce(event ->> 'email_format', '0') not in ('0', '1', '2') then
        return 'email_format is none of 0 (unknown), 1 (text), 2 (HTML)';
    elsif length(event ->> 'idempotency_key') > 255 then
        return 'idempotency_key is longer than 255 characters';
    elsif (event ->> 'replay_of') is not null and not pg_input_is_valid(event ->> 'replay_of', 'bigint') then
        return 'replay_of is not the id of an event';
    elsif not message_center.is_moment(event ->> 'scheduled') then
        return 'scheduled is not an ISO 8601 date and time';
    elsif not message_center.is_moment(event ->> 'expiration') then
        return 'expiration is not an ISO 8601 date and time';
    end if;

    if jsonb_typeof(event -> 'ctx') is distinct from 'object' then
        return 'ctx is missing';
    elsif octet_length((event -> 'ctx')::text) > greatest_ctx_bytes then
        return format('ctx is larger than %s bytes', greatest_ctx_bytes);
    elsif jsonb_path_exists(
        event -> 'ctx', format('lax $.**{%s}', greatest_ctx_depth + 1)::jsonpath
    ) then
        return format('ctx is nested deeper than %s levels', greatest_ctx_depth);
    end if;

    return null;
end
$$;

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
    this message_center.instance;
    pushed message_center.pushed_event[];
    target alias for queue;
begin
    select * into this from message_center.instance;
    if this.identifier is null then
        raise exception 'this database is not registered as an execution instance yet'
            using hint = 'Create its connection in Airflow (Admin > Connections); its archiving workflow registers it.';
    end if;

    pushed := array(
        select row(
            judged.position, judged.event,
            case when judged.reason is null then nextval('message_center.event_id_seq') end,
            judged.reason, false
        )::message_center.pushed_event
        from (
            select parsed.position, parsed.event,
                case when parsed.event is null then 'not storable: ' || fault.message
                else message_center.event_fault(parsed.event, this.greatest_ctx_bytes, this.greatest_ctx_depth) end as reason,
                fault.message
            from (
                select element.position::integer,
                    case when pg_input_is_valid(element.event::text, 'jsonb') then element.event::text::jsonb end as event,
                    element.event::text as source
                from json_array_elements(
                    case json_typeof(events) when 'array' then events else json_build_array(events) end
                ) with ordinality as element (event, position)
            ) as parsed
            left join lateral pg_input_error_info(parsed.source, 'jsonb') as fault on parsed.event is null
            offset 0
        ) as judged
        order by judged.position
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
