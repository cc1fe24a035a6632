-- Versions of a template as they were published.
select version, content
from message_center.template_version
where internal_name = %(name)s and version = any(%(versions)s)
