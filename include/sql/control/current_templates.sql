-- What each execution instance should have of these templates. Version and content are empty where it is unpublished.
select c.internal_name, c.version, v.content
from message_center.current_template as c
left join message_center.template_version as v using (internal_name, version)
where c.internal_name = any(%(names)s)
order by c.internal_name
