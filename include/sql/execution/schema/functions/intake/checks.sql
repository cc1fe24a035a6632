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

-- The field with the address of a channel; null for a channel that there is not.
create or replace function message_center.address_field(wished_channel text) returns text
language sql immutable
return case coalesce(wished_channel, '0')
    when '0' then 'email'
    when '1' then 'mobile_phone'
    when '41' then 'registration_token'
    when '42' then 'registration_token'
end;

-- Why an event without an address has none. Not inlined, as it is no expression; and neither is what follows: what few
-- events need is not to be made ready for each.
create or replace function message_center.address_refusal_reason(wished_channel text) returns text
language plpgsql stable as $$
begin
    if message_center.address_field(wished_channel) is null then
        return format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)',
            left(wished_channel, 100));
    end if;
    return format('%s is missing, the address of wished_channel %s',
        message_center.address_field(wished_channel), coalesce(wished_channel, '0'));
end
$$;

-- What is wrong with the fields that few events have.
--   first_id, last_id  the ids that this instance has given. What had one of them may be purged by now, and archived.
create or replace function message_center.seldom_refusal_reason(event jsonb, first_id bigint, last_id bigint)
returns text
language plpgsql stable as $$
begin
    return case
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
    end;
end
$$;

-- What is wrong with an event; null when it can be taken in. One expression, so that PostgreSQL puts it into the
-- statement that judges a whole set; and a short one, since that is made ready for each call anew.
--   too_deep       the path to what in ctx lies deeper than max_ctx_depth; null when nothing can
create or replace function message_center.refusal_reason(
    event jsonb, first_id bigint, last_id bigint, max_ctx_bytes integer, max_ctx_depth smallint, too_deep jsonpath
) returns text
language sql stable
return case
    when jsonb_typeof(event) <> 'object' then 'an event is a JSON object, not ' || jsonb_typeof(event)
    when message_center.fields_are_suspect(event) and message_center.field_refusal_reason(event) is not null
        then message_center.field_refusal_reason(event)
    when coalesce(event ->> 'type', '') = '' then 'type is missing'
    when coalesce(event ->> message_center.address_field(event ->> 'wished_channel'), '') = ''
        then message_center.address_refusal_reason(event ->> 'wished_channel')
    when coalesce(event ->> 'wished_channel', '0') = '0' and not message_center.email_is_well_formed(event ->> 'email')
        then 'email is badly formed'
    when event ?| '{email_format, replay_of, scheduled, expiration}'
        and message_center.seldom_refusal_reason(event, first_id, last_id) is not null
        then message_center.seldom_refusal_reason(event, first_id, last_id)
    when jsonb_typeof(event -> 'ctx') is distinct from 'object' then 'ctx is missing'
    when octet_length((event -> 'ctx')::text) > max_ctx_bytes then format('ctx is larger than %s bytes', max_ctx_bytes)
    when pg_column_size(event) > 8 * max_ctx_depth and jsonb_path_exists(event -> 'ctx', too_deep)
        then format('ctx is nested deeper than %s levels', max_ctx_depth)
end;
