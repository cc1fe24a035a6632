-- Publication: what the control instance deploys, atomically and as often as it likes.

-- Make the live templates of each name given equal to what control wants.
--   event_types   {"order_confirmation": "Order confirmed", …}: the whole enumeration
--   templates     [{"internal_name", "version", "content"}, …]; version null: unpublished; content: see deploy_template
-- Returns the names whose live version has changed.
create or replace function message_center.deploy_templates(event_types jsonb, templates jsonb) returns setof text
language plpgsql as $$
declare
    template record;
begin
    -- Two publications take turns.
    perform pg_advisory_xact_lock(hashtext('message_center'), hashtext('deploy_templates'));

    insert into message_center.event_type as y (name, label)
    select key, value from jsonb_each_text(event_types) order by key
    on conflict (name) do update set label = excluded.label where y.label <> excluded.label;

    for template in
        select * from jsonb_to_recordset(templates) as t (internal_name text, version integer, content jsonb)
        order by internal_name
    loop
        if message_center.deploy_template(template.internal_name, template.version, template.content) then
            return next template.internal_name;
        end if;
    end loop;

    -- A type is unknown once no live template is of it.
    delete from message_center.event_type as y
    where not event_types ? y.name
        and y.stopped_at is null
        and not exists (
            select from message_center.message_template as t where t.event_type = y.name and t.unpublished_at is null
        );
end
$$;

-- Make one version of a template the live one, for both queues and in each of its languages; all others are not.
-- content: {"event_type", "wished_channel", "priority", "condition", "hands_on_trace",
--           "enrichment": {"kind", "source"},
--           "languages": {"": {"sender", "reply_to", "subject", "html_body", "text_body"}, "fr": …}}
create or replace function message_center.deploy_template(internal_name text, version integer, content jsonb)
returns boolean
language plpgsql as $$
declare
    wanted_name alias for internal_name;
    wanted_version alias for version;
    -- One timestamp for all its rows: they are one template.
    published_now constant timestamptz := clock_timestamp();
    has_changed boolean;
begin
    if wanted_version is not null then
        perform message_center.deploy_enrichment(content ->> 'event_type', content -> 'enrichment');
    end if;

    update message_center.message_template as t set unpublished_at = published_now
    where t.internal_name = wanted_name and t.unpublished_at is null and t.version is distinct from wanted_version;
    has_changed := found;

    -- Back to a version that was here before.
    update message_center.message_template as t set unpublished_at = null, published_at = published_now
    where t.internal_name = wanted_name and t.version = wanted_version and t.unpublished_at is not null;
    has_changed := has_changed or found;

    insert into message_center.message_template (
        internal_name, version, event_type, wished_channel, queue, language, priority, condition,
        sender, reply_to, subject, html_body, text_body, published_at, hands_on_trace
    )
    select wanted_name, wanted_version, content ->> 'event_type', (content ->> 'wished_channel')::smallint, queue.name,
        variant.language, coalesce((content ->> 'priority')::smallint, 0), (content ->> 'condition')::jsonpath,
        variant.body ->> 'sender', variant.body ->> 'reply_to', variant.body ->> 'subject',
        variant.body ->> 'html_body', variant.body ->> 'text_body', published_now,
        coalesce((content ->> 'hands_on_trace')::boolean, false)
    from jsonb_each(content -> 'languages') as variant (language, body)
    cross join unnest(enum_range(null::message_center.event_queue)) as queue (name)
    where wanted_version is not null
        and not exists (
            select from message_center.message_template as t
            where t.internal_name = wanted_name and t.version = wanted_version
        )
    order by queue.name, variant.language;
    return has_changed or found;
end
$$;
