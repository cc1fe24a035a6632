-- The fields of an event, each on its own: which there are, of which type, and how long.

-- How long the text of each field may be. In bytes of UTF-8, as everything that keeps it counts: indexes, the
-- archive, other programs. docs/intake.md has the same table.
create or replace function message_center.max_field_bytes() returns jsonb
language sql immutable
return '{
    "type": 255, "email": 320, "mobile_phone": 64, "registration_token": 2048, "external_id": 255, "origin": 255,
    "language": 255, "country": 255, "scheduled": 64, "expiration": 64, "idempotency_key": 255,
    "replay_of": 64, "traceparent": 255}'::jsonb;

create or replace function message_center.field_types() returns jsonb
language sql immutable
return '{
    "type": "string", "wished_channel": "number", "email": "string", "mobile_phone": "string",
    "registration_token": "string", "external_id": "string", "origin": "string", "language": "string",
    "country": "string", "email_format": "number", "ctx": "object", "scheduled": "string",
    "expiration": "string", "idempotency_key": "string", "replay_of": "string or number",
    "traceparent": "string"}'::jsonb;

-- What is wrong with the fields of an event: one that is unknown, of another type, or too long. Null when nothing is.
create or replace function message_center.field_refusal_reason(event jsonb) returns text
language sql stable
begin atomic
    select case
            when expected.type is null then format('unknown field "%s"', left(field.key, 100))
            when strpos(expected.type, jsonb_typeof(field.value)) > 0
                then format('%s is longer than %s bytes', field.key, message_center.max_field_bytes() ->> field.key)
            else format('%s must be a JSON %s, not %s', field.key, expected.type, jsonb_typeof(field.value))
        end
    from jsonb_each(case jsonb_typeof(event) when 'object' then event end) as field
    cross join lateral (select message_center.field_types() ->> field.key) as expected (type)
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

-- Whether something may be wrong with them: seen at once, in a third of the time that it takes to look at each. What is
-- suspected may be good all the same; field_refusal_reason knows. Few words, since they are made ready for each call.
create or replace function message_center.fields_are_suspect(event jsonb) returns boolean
language sql immutable
return (
    event - '{
        type, wished_channel, email, mobile_phone, registration_token, external_id, origin, language, country,
        email_format, ctx, scheduled, expiration, idempotency_key, replay_of, traceparent}'::text[] <> '{}'
    or (event - '{wished_channel, ctx}'::text[]) @? 'strict $.* ? (@.type() != "string")'
    or jsonb_typeof(event -> 'wished_channel') <> 'number'
    or jsonb_typeof(event -> 'ctx') <> 'object'
    or event ?| '{email_format, scheduled, expiration, replay_of}'
    or octet_length(event ->> 'type') > (message_center.max_field_bytes() ->> 'type')::integer
    or octet_length(event ->> 'email') > (message_center.max_field_bytes() ->> 'email')::integer
    or octet_length(event ->> 'mobile_phone') > (message_center.max_field_bytes() ->> 'mobile_phone')::integer
    or octet_length(event ->> 'registration_token')
        > (message_center.max_field_bytes() ->> 'registration_token')::integer
    or octet_length(event ->> 'external_id') > (message_center.max_field_bytes() ->> 'external_id')::integer
    or octet_length(event ->> 'origin') > (message_center.max_field_bytes() ->> 'origin')::integer
    or octet_length(event ->> 'language') > (message_center.max_field_bytes() ->> 'language')::integer
    or octet_length(event ->> 'country') > (message_center.max_field_bytes() ->> 'country')::integer
    or octet_length(event ->> 'idempotency_key') > (message_center.max_field_bytes() ->> 'idempotency_key')::integer
    or octet_length(event ->> 'traceparent') > (message_center.max_field_bytes() ->> 'traceparent')::integer
) is true;
