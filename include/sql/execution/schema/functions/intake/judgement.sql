-- The judgement of a set of events on their way in.
--
--     all storable as jsonb?   yes: one cast for all        \
--                              no: each alone, or its reason ) parsed -> refusal_reason -> its id, or the reason

-- The events as jsonb, which refuses some JSON (a \u0000, a number too large); such a one comes with the reason
-- instead.
--   storable   all of them as jsonb; null when jsonb cannot hold them all
create or replace function message_center.parsed_events(elements json, storable jsonb)
returns table ("position" integer, event jsonb, reason text)
language sql stable
begin atomic
    select element."position"::integer, element.event, null
    from jsonb_array_elements(storable) with ordinality as element (event, "position")
    union all
    select element."position"::integer, case when refusal.message is null then element.event::text::jsonb end,
        'not storable: ' || refusal.message
    from json_array_elements(case when storable is null then elements end) with ordinality
        as element (event, "position")
    cross join lateral pg_input_error_info(element.event::text, 'jsonb') as refusal;
end;

-- Give each event its id, or the reason for which it is refused.
create or replace function message_center.judge_events(elements json, max_ctx_bytes integer, max_ctx_depth smallint)
returns message_center.pushed_event[]
language plpgsql as $$
declare
    storable constant jsonb := case when pg_input_is_valid(elements::text, 'jsonb') then elements::text::jsonb end;
    too_deep constant jsonpath := format('lax $.**{%s}', max_ctx_depth + 1);
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
                    message_center.refusal_reason(parsed.event, field.reason, max_ctx_bytes, max_ctx_depth, too_deep)
                ) as reason
            from message_center.parsed_events(elements, storable) as parsed
            left join lateral message_center.field_refusal_reason(parsed.event) as field on true
            order by parsed.position
            -- offset 0: judge each event once, not once for its id and once for its reason.
            offset 0
        ) as judged
    );
end
$$;
