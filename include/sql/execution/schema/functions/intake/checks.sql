-- What makes an event one that cannot be taken in.

create or replace function message_center.email_is_well_formed(address text) returns boolean
language sql immutable
return length(address) <= 254
    and strpos(address, '@') <= 65
    -- Without nested or counted repetitions, which cost ten times as much.
    and address ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
        '@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*$'
    and (length(address) < 64 or split_part(address, '@', 2) !~ '[^.]{64}');

create or replace function message_center.is_timestamp(text) returns boolean
language sql stable
return $1 ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'
    and pg_input_is_valid($1, 'timestamptz');

-- What is wrong with the fields of an event, each on its own: unknown, or of another type. At most one row.
create or replace function message_center.field_refusal_reason(event jsonb) returns table (reason text)
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
    limit 1; -- allow ordered: whichever comes first
end;

-- The field with the address of a channel; null for a channel that there is not.
create or replace function message_center.address_field(wished_channel text) returns text
language sql immutable
return case coalesce(wished_channel, '0')
    when '0' then 'email'
    when '1' then 'mobile_phone'
    when '41' then 'registration_token'
    when '42' then 'registration_token'
end;

-- Why an event cannot be taken in; null when it can. One expression, so that PostgreSQL puts it into the statement that
-- judges a whole set.
--   field_reason   see field_refusal_reason
--   too_deep       the path to what in ctx lies deeper than max_ctx_depth
create or replace function message_center.refusal_reason(
    event jsonb, field_reason text, max_ctx_bytes integer, max_ctx_depth smallint, too_deep jsonpath
) returns text
language sql stable
return case
    when jsonb_typeof(event) <> 'object' then 'an event is a JSON object, not ' || jsonb_typeof(event)
    when field_reason is not null then field_reason
    when coalesce(event ->> 'type', '') = '' then 'type is missing'
    when length(event ->> 'type') > 255 then 'type is longer than 255 characters'
    when message_center.address_field(event ->> 'wished_channel') is null then
        format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)',
            event ->> 'wished_channel')
    when coalesce(event ->> message_center.address_field(event ->> 'wished_channel'), '') = '' then
        format('%s is missing, the address of wished_channel %s',
            message_center.address_field(event ->> 'wished_channel'), coalesce(event ->> 'wished_channel', '0'))
    when coalesce(event ->> 'wished_channel', '0') = '0' and not message_center.email_is_well_formed(event ->> 'email')
        then 'email is badly formed'
    when length(event ->> message_center.address_field(event ->> 'wished_channel')) > 1000 then
        message_center.address_field(event ->> 'wished_channel') || ' is longer than 1000 characters'
    when (event ->> 'email_format') not in ('0', '1', '2')
        then 'email_format is none of 0 (unknown), 1 (text), 2 (HTML)'
    when length(event ->> 'idempotency_key') > 255 then 'idempotency_key is longer than 255 characters'
    when not pg_input_is_valid(event ->> 'replay_of', 'bigint') then 'replay_of is not the id of an event'
    when not message_center.is_timestamp(event ->> 'scheduled') then 'scheduled is not an ISO 8601 date and time'
    when not message_center.is_timestamp(event ->> 'expiration') then 'expiration is not an ISO 8601 date and time'
    when jsonb_typeof(event -> 'ctx') is distinct from 'object' then 'ctx is missing'
    when octet_length((event -> 'ctx')::text) > max_ctx_bytes then format('ctx is larger than %s bytes', max_ctx_bytes)
    when jsonb_path_exists(event -> 'ctx', too_deep) then format('ctx is nested deeper than %s levels', max_ctx_depth)
end;
