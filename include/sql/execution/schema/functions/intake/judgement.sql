-- The judgement of a set of events on their way in.
--
--     all storable as jsonb, and   yes: one cast for all        \
--     none a bomb?                 no: each alone, or its reason ) parsed -> refusal_reason -> its id, or the reason

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
    storable := elements::text::jsonb;
    -- A token of two characters is of sixteen bytes at most.
    if octet_length(elements::text) > 512
        and exists (select from jsonb_array_elements(storable) as event where pg_column_size(event) > 4096)
        and elements::text ~ '\d[eE][+-]?\d{3}'
    then
        return null;
    end if;
    return storable;
exception
    -- Cheaper than to ask first, which is to read it twice.
    when data_exception or program_limit_exceeded or statement_too_complex or internal_error then
        return null;
end
$$;

-- Give each event its id, or the reason for which it is refused.
create or replace function message_center.judge_events(elements json, max_ctx_bytes integer, max_ctx_depth smallint)
returns message_center.pushed_event[]
language plpgsql as $$
declare
    this constant message_center.instance := (select i from message_center.instance as i);
    storable constant jsonb := message_center.storable_events(elements, max_ctx_bytes);
    first_id constant bigint := (this.instance_identifier::bigint << 56) + 1;
    last_id constant bigint := coalesce(pg_sequence_last_value('message_center.event_id_seq'), 0);
    too_deep jsonpath;
    one_by_one message_center.pushed_event[];
begin
    if octet_length(elements::text) > 65536 and not message_center.keeps_memory() then
        perform message_center.keep_memory();
    end if;
    if storable is null then
        perform message_center.refuse_too_many(json_array_length(elements), this.max_call_events);
        one_by_one := array(
            select row(parsed.position, parsed.event, null, parsed.reason, false)::message_center.pushed_event
            from message_center.parsed_events(elements, null, max_ctx_bytes) as parsed
        );
    elsif jsonb_array_length(storable) > this.max_call_events then
        perform message_center.refuse_too_many(jsonb_array_length(storable), this.max_call_events);
    end if;
    -- Each level takes eight bytes at least: nothing can be too deep in what is short.
    if coalesce(pg_column_size(storable) > 8 * max_ctx_depth, true) then
        too_deep := format('lax $.**{%s}', max_ctx_depth + 1);
    end if;

    return array(
        select row(
            judged.position, judged.event,
            case when judged.reason is null then nextval('message_center.event_id_seq') end,
            judged.reason, false
        )::message_center.pushed_event
        from (
            select parsed.position, parsed.event,
                case
                    -- Most are plain, and that is sooner seen than what might be wrong.
                    when message_center.is_plain(parsed.event, max_ctx_bytes)
                        and (pg_column_size(parsed.event) <= 8 * max_ctx_depth
                            or jsonb_path_exists(parsed.event -> 'ctx', too_deep) is not true)
                        then null
                    else coalesce(parsed.reason,
                        message_center.refusal_reason(parsed.event, first_id, last_id,
                            max_ctx_bytes, max_ctx_depth, too_deep))
                end as reason
            -- Both in their order, and one of them empty.
            from (
                select element.position::integer, element.event, null as reason
                from jsonb_array_elements(storable) with ordinality as element (event, position)
                union all
                select p.position, p.event, p.reason from unnest(one_by_one) as p
            ) as parsed
            -- offset 0: judge each event once, not once for its id and once for its reason.
            offset 0
        ) as judged
    );
end
$$;
