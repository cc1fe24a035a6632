-- The latest publications, with the templates of each.
select p.number, p.action::text as action, p.requested_by, p.comment, p.published_at, p.override_reason, p.missing,
    coalesce((
        select jsonb_object_agg(t.internal_name, t.version)
        from message_center.published_template as t
        where t.publication = p.number
    ), '{}') as templates
from message_center.publication as p
order by p.number desc
limit %(limit)s
