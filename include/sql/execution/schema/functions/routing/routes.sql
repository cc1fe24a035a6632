-- What routing has to know, as one value, so that an event's template is a look-up and not a join. Made for each step.
--
--     {
--         "0::password_reset":       12,            <channel>:<language>:<event type>: the template's id,
--         "0:fr:password_reset":     13,
--         "0::order_confirmation":   0,             or with_care() in its place
--         "languages":               true,          there are templates for one language only
--         "type:password_reset":     "",            the event type exists;
--         "type:invoice_ready":      "wrong logo",  not empty: why it is stopped
--         "enriched":                {"order_confirmation": "sql"}
--     }
--
-- Flat, because an object within would be copied for every event that is looked up in it. The four kinds of key cannot
-- meet: the first one begins with a digit.

-- The template of an event that the fast path leaves to the careful one: no template has this id.
create or replace function message_center.with_care() returns bigint
language sql immutable
return 0::bigint;

create or replace function message_center.template_key(event_type text, wished_channel smallint, language text)
returns text
language sql immutable
-- ::text, because without it the concatenation is not immutable, and PostgreSQL would not inline the function. In
-- brackets, because an empty language then makes a constant together with the colons.
return wished_channel::text || (':' || language || ':') || event_type;

-- Of several templates the one with the highest priority comes first, then the most recently published. Where that one
-- has a condition, or its event type an enrichment, the type needs care, whatever its languages.
create or replace function message_center.routes_of(wanted_queue message_center.event_queue) returns jsonb
language sql stable
begin atomic
    with published as (
        select t.id, t.event_type, t.wished_channel, t.language,
            t.condition is null and y.enrichment is null as is_plain,
            dense_rank() over (
                partition by t.event_type, t.wished_channel
                order by t.priority desc, t.published_at desc, t.internal_name, t.version desc
            ) as rank
        from message_center.message_template as t
        left join message_center.event_type as y on y.name = t.event_type
        where t.queue = wanted_queue and t.unpublished_at is null and y.stopped_at is null
    ),
    route (key, value) as (
        select message_center.template_key(p.event_type, p.wished_channel, p.language), to_jsonb(p.id)
        from published as p
        where p.rank = 1 and p.is_plain
        union all
        select distinct message_center.template_key(p.event_type, p.wished_channel, ''),
            to_jsonb(message_center.with_care())
        from published as p
        where p.rank = 1 and not p.is_plain
        union all
        select distinct 'languages', 'true'::jsonb
        from published as p
        where p.language <> ''
        union all
        select 'type:' || y.name, to_jsonb(coalesce(y.stopped_reason, ''))
        from message_center.event_type as y
        union all
        select 'enriched', jsonb_object_agg(y.name, y.enrichment)
        from message_center.event_type as y
        where y.enrichment is not null
        having count(*) > 0
    )
    select coalesce(jsonb_object_agg(r.key, r.value), '{}') from route as r;
end;

-- The template in the event's language, else the one for all languages; or with_care().
create or replace function message_center.template_for(
    routes jsonb, event_type text, wished_channel smallint, language text
) returns bigint
language sql immutable
return coalesce(
    case when routes ? 'languages'
        then routes ->> message_center.template_key(event_type, wished_channel, language) end,
    routes ->> message_center.template_key(event_type, wished_channel, '')
)::bigint;
