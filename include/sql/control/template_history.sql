-- The publications that name a template, the latest first: which version each made live; empty: it was unpublished.
select p.number as publication, t.version, p.action::text as action, p.requested_by, p.comment, p.published_at,
    p.override_reason, p.missing
from message_center.published_template as t
join message_center.publication as p on p.number = t.publication
where t.internal_name = %(name)s
order by p.number desc
