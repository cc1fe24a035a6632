-- The judgement of a set of events on their way in.
--
--     all storable as jsonb, and   yes: one cast for all        \
--     none a bomb?                 no: each alone, or its reason ) parsed -> refusal_reason -> its id, or the reason

-- A call that is too large to be looked at: refused as a whole, before anything of it is parsed.
create or replace function message_center.refuse_oversized_call(events json, this message_center.instance)
returns void
language plpgsql as $$
declare
    given bigint := octet_length(events::text);
begin
    if given > this.max_call_bytes then
        raise exception 'the call has % bytes of events, more than % (max_call_bytes)', given, this.max_call_bytes
            using errcode = 'program_limit_exceeded', hint = 'Push the events in several calls.';
    end if;
    -- To count them costs: not where there is no room for so many.
    if given > 2 * this.max_call_events::bigint and json_typeof(events) = 'array' then
        given := json_array_length(events);
        if given > this.max_call_events then
            raise exception 'the call has % events, more than % (max_call_events)', given, this.max_call_events
                using errcode = 'program_limit_exceeded', hint = 'Push the events in several calls.';
        end if;
    end if;
end
$$;

-- What the text of an event may have at most, whatever its form: every character of it as \uXXXX.
create or replace function message_center.max_event_bytes(max_ctx_bytes integer) returns bigint
language sql immutable
return 6 * (max_ctx_bytes::bigint + 8192);

-- Why the text of an event is too long to be looked at; null when it is not. The longest field is to blame.
create or replace function message_center.oversize_reason(element json, max_ctx_bytes integer) returns text
language sql immutable
begin atomic
    select case
            when octet_length(element::text) <= message_center.max_event_bytes(max_ctx_bytes) then null
            else coalesce(
                (
                    select case
                            when field.key = 'ctx' then format('ctx is larger than %s bytes', max_ctx_bytes)
                            else format('%s is longer than %s bytes', field.key,
                                message_center.max_field_bytes() ->> field.key)
                        end
                    from json_each(case json_typeof(element) when 'object' then element end) as field
                    where field.key = 'ctx' or message_center.max_field_bytes() ? field.key
                    order by octet_length(field.value::text) desc
                    limit 1
                ),
                format('an event has at most %s bytes', message_center.max_event_bytes(max_ctx_bytes))
            )
        end;
end;

-- Why a text of JSON cannot be kept as jsonb; null when it can. PostgreSQL tells some of its limits of size and depth
-- by an error: so this catches it.
create or replace function message_center.storing_refusal_reason(element text) returns text
language plpgsql stable as $$
begin
    return (select 'not storable: ' || refusal.message from pg_input_error_info(element, 'jsonb') as refusal);
exception
    when program_limit_exceeded or statement_too_complex or internal_error then
        return 'not storable: ' || sqlerrm;
end
$$;

-- How many digits the exponents of a JSON text stand for: 1e5000 has six characters here, and 5,001 wherever it is
-- read.
create or replace function message_center.digits_of_exponents(element text) returns numeric
language sql immutable
begin atomic
    select coalesce(sum(found.exponent[1]::numeric), 0)
    from regexp_matches(regexp_replace(element, '"(?:[^"\\]|\\.)*"', '""', 'g'), '[eE][+-]?(\d+)', 'g')
        as found (exponent);
end;

-- The events as jsonb, which refuses some JSON (a \u0000, a number too large); such a one comes with the reason
-- instead.
--   storable   all of them as jsonb; null when they are to be looked at one by one
create or replace function message_center.parsed_events(elements json, storable jsonb, max_ctx_bytes integer)
returns table ("position" integer, event jsonb, reason text)
language sql stable
begin atomic
    select element."position"::integer, element.event, null
    from jsonb_array_elements(storable) with ordinality as element (event, "position")
    union all
    select element."position"::integer, case when refusal.reason is null then element.event::text::jsonb end,
        refusal.reason
    from json_array_elements(case when storable is null then elements end) with ordinality
        as element (event, "position")
    cross join lateral (
        select case
            when octet_length(element.event::text) > message_center.max_event_bytes(max_ctx_bytes)
                then message_center.oversize_reason(element.event, max_ctx_bytes)
            when message_center.digits_of_exponents(element.event::text) > max_ctx_bytes
                then format('ctx is larger than %s bytes', max_ctx_bytes)
            else message_center.storing_refusal_reason(element.event::text)
        end
        -- offset 0: ask once, not once for each column.
        offset 0
    ) as refusal (reason);
end;

-- All events in one cast; null when that may harm: one of them cannot be kept, is oversized, or is large and has
-- exponents.
create or replace function message_center.storable_events(elements json, max_ctx_bytes integer) returns jsonb
language plpgsql stable as $$
declare
    storable jsonb;
begin
    if octet_length(elements::text) > message_center.max_event_bytes(max_ctx_bytes) and exists (
        select from json_array_elements(elements) as event
        where octet_length(event::text) > message_center.max_event_bytes(max_ctx_bytes)
    ) then
        return null;
    end if;
    if pg_input_is_valid(elements::text, 'jsonb') then
        storable := elements::text::jsonb;
    end if;
    if exists (select from jsonb_array_elements(storable) as event where pg_column_size(event) > 4096)
        and elements::text ~ '\d[eE][+-]?\d{3}'
    then
        return null;
    end if;
    return storable;
exception
    when program_limit_exceeded or statement_too_complex or internal_error then
        return null;
end
$$;

-- Give each event its id, or the reason for which it is refused.
create or replace function message_center.judge_events(elements json, max_ctx_bytes integer, max_ctx_depth smallint)
returns message_center.pushed_event[]
language plpgsql as $$
declare
    storable constant jsonb := message_center.storable_events(elements, max_ctx_bytes);
    too_deep constant jsonpath := format('lax $.**{%s}', max_ctx_depth + 1);
    first_id constant bigint := (select (i.instance_identifier::bigint << 56) + 1 from message_center.instance as i);
    last_id constant bigint := coalesce(pg_sequence_last_value('message_center.event_id_seq'), 0);
begin
    return array(
        select row(
            judged.position, judged.event,
            case when judged.reason is null then nextval('message_center.event_id_seq') end,
            judged.reason, false
        )::message_center.pushed_event
        from (
            select parsed.position, parsed.event,
                coalesce(parsed.reason,
                    message_center.refusal_reason(parsed.event, field.reason, first_id, last_id,
                        max_ctx_bytes, max_ctx_depth, too_deep)
                ) as reason
            from message_center.parsed_events(elements, storable, max_ctx_bytes) as parsed
            left join lateral message_center.field_refusal_reason(parsed.event) as field on true
            order by parsed.position
            -- offset 0: judge each event once, not once for its id and once for its reason.
            offset 0
        ) as judged
    );
end
$$;
