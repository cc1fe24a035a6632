-- The version of each template that events are linked to now.
select t.internal_name, max(t.version) as version
from message_center.message_template as t
where t.unpublished_at is null
group by t.internal_name
order by t.internal_name
