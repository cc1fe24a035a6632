-- The templates that were ever published: what is current of each, and who published it last and why. Version is empty
-- where it is unpublished.
select c.internal_name, c.version, coalesce(v.content, last.content) ->> 'event_type' as event_type,
    coalesce((coalesce(v.content, last.content) ->> 'wished_channel')::smallint, 0) as channel,
    array(
        select k.value #>> '{}'
        from jsonb_path_query(
            coalesce(v.content, last.content), 'strict $.languages.keyvalue().key', silent => true) as k (value)
        order by 1
    ) as languages,
    p.number as publication, p.action::text as action, p.requested_by, p.comment, p.published_at, p.override_reason
from message_center.current_template as c
join message_center.publication as p on p.number = c.publication
left join message_center.template_version as v on v.internal_name = c.internal_name and v.version = c.version
left join lateral (
    select w.content
    from message_center.template_version as w
    where w.internal_name = c.internal_name
    order by w.version desc
    limit 1
) as last on true
order by c.internal_name
