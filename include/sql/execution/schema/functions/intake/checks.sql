-- What makes an event one that cannot be taken in.

-- An e-mail address with letters of any script (RFC 6531), in the name and in the labels of the domain. What is left
-- out beyond ASCII: control characters, spaces, what is not seen or turns the line, other forms of "@" and ".",
-- private use.
-- As numbers, because what a class like [[:alpha:]] has in it depends on the database's locale. Not inlined into what
-- judges events: few of them are of this kind.
create or replace function message_center.email_is_international(address text) returns boolean
language plpgsql immutable as $$
declare
    beyond constant text :=
        '\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff\u200c-\u200d\u2010-\u2027\u2030-\u205e'
        '\u2070-\u2fff\u3003-\ud7ff\uf900-\ufdcf\ufdf0-\ufe6a\ufe6c-\ufefe\U00010000-\U000dffff';
    letter constant text := '[A-Za-z0-9' || beyond || ']+';
    atom constant text := '[A-Za-z0-9!#$%&''*+/=?^_`{|}~' || beyond || '-]+';
    label constant text := letter || '(?:-+' || letter || ')*';
begin
    return address ~ ('^' || atom || '(?:\.' || atom || ')*@(?:' || label || '\.)+' || label || '$')
        and octet_length(split_part(address, '@', 1)) <= 64
        and not exists (
            select from unnest(string_to_array(split_part(address, '@', 2), '.')) as part
            where octet_length(part) > 63
        );
end
$$;

-- A domain has two labels or more, and the last one is no number: otherwise it is an IP address, or none.
create or replace function message_center.email_is_well_formed(address text) returns boolean
language sql immutable
return octet_length(address) <= 254
    and (
        -- Without nested or counted repetitions, which cost ten times as much.
        address ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
            '@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*$'
        or (octet_length(address) > length(address) and message_center.email_is_international(address))
    )
    and right(rtrim(address, '0123456789'), 1) <> '.'
    and strpos(address, '@') <= 65
    and (octet_length(address) < 64 or split_part(address, '@', 2) !~ '[^.]{64}');

create or replace function message_center.is_timestamp(text) returns boolean
language sql stable
return case
    when $1 ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'
        and pg_input_is_valid($1, 'timestamptz')
        -- With its offset a date may lie beyond the years that whoever reads it knows.
        then $1::timestamptz between '0001-01-02' and '9999-12-30'
    else $1 is null
end;

-- How long the text of each field may be. In bytes of UTF-8, as everything that keeps it counts: indexes, the
-- archive, other programs. docs/intake.md has the same table.
create or replace function message_center.max_field_bytes() returns jsonb
language sql immutable
return '{
    "type": 255, "email": 320, "mobile_phone": 64, "registration_token": 2048, "external_id": 255, "origin": 255,
    "language": 255, "country": 255, "scheduled": 64, "expiration": 64, "idempotency_key": 255,
    "replay_of": 64, "traceparent": 255}'::jsonb;

-- What is wrong with the fields of an event, each on its own: unknown, of another type, or too long. At most one row.
create or replace function message_center.field_refusal_reason(event jsonb) returns table (reason text)
language sql stable
begin atomic
    select case
            when expected.type is null then format('unknown field "%s"', left(field.key, 100))
            when strpos(expected.type, jsonb_typeof(field.value)) > 0
                then format('%s is longer than %s bytes', field.key, message_center.max_field_bytes() ->> field.key)
            else format('%s must be a JSON %s, not %s', field.key, expected.type, jsonb_typeof(field.value))
        end
    from jsonb_each(case jsonb_typeof(event) when 'object' then event end) as field
    cross join lateral (
        select '{
            "type": "string", "wished_channel": "number", "email": "string", "mobile_phone": "string",
            "registration_token": "string", "external_id": "string", "origin": "string", "language": "string",
            "country": "string", "email_format": "number", "ctx": "object", "scheduled": "string",
            "expiration": "string", "idempotency_key": "string", "replay_of": "string or number",
            "traceparent": "string"}'::jsonb ->> field.key
    ) as expected (type)
    where case
            when expected.type is null then true
            when jsonb_typeof(field.value) = 'null' then false
            when strpos(expected.type, jsonb_typeof(field.value)) = 0 then true
            when jsonb_typeof(field.value) = 'string' then
                octet_length(field.value #>> '{}')
                > (message_center.max_field_bytes() ->> field.key)::integer
        end
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
--   first_id, last_id  the ids that this instance has given. What had one of them may be purged by now, and archived.
--   too_deep       the path to what in ctx lies deeper than max_ctx_depth
create or replace function message_center.refusal_reason(
    event jsonb, field_reason text, first_id bigint, last_id bigint,
    max_ctx_bytes integer, max_ctx_depth smallint, too_deep jsonpath
) returns text
language sql stable
return case
    when jsonb_typeof(event) <> 'object' then 'an event is a JSON object, not ' || jsonb_typeof(event)
    when field_reason is not null then field_reason
    when coalesce(event ->> 'type', '') = '' then 'type is missing'
    when message_center.address_field(event ->> 'wished_channel') is null then
        format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)',
            left(event ->> 'wished_channel', 100))
    when coalesce(event ->> message_center.address_field(event ->> 'wished_channel'), '') = '' then
        format('%s is missing, the address of wished_channel %s',
            message_center.address_field(event ->> 'wished_channel'), coalesce(event ->> 'wished_channel', '0'))
    when coalesce(event ->> 'wished_channel', '0') = '0' and not message_center.email_is_well_formed(event ->> 'email')
        then 'email is badly formed'
    when (event ->> 'email_format') not in ('0', '1', '2')
        then 'email_format is none of 0 (unknown), 1 (text), 2 (HTML)'
    when (event ->> 'replay_of') !~ '^\d+$' or not pg_input_is_valid(event ->> 'replay_of', 'bigint')
        then 'replay_of is not the id of an event'
    when (event ->> 'replay_of')::bigint not between first_id and last_id
        then 'replay_of is not the id of an event of this instance'
    when not message_center.is_timestamp(event ->> 'scheduled') then 'scheduled is not an ISO 8601 date and time'
    when not message_center.is_timestamp(event ->> 'expiration') then 'expiration is not an ISO 8601 date and time'
    when (event ->> 'expiration')::timestamptz < (event ->> 'scheduled')::timestamptz
        then 'expiration is before scheduled'
    when jsonb_typeof(event -> 'ctx') is distinct from 'object' then 'ctx is missing'
    when octet_length((event -> 'ctx')::text) > max_ctx_bytes then format('ctx is larger than %s bytes', max_ctx_bytes)
    when jsonb_path_exists(event -> 'ctx', too_deep) then format('ctx is nested deeper than %s levels', max_ctx_depth)
end;
