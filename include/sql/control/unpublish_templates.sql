-- A template without a version is unpublished. Its versions stay, to go back to.
insert into message_center.published_template (publication, internal_name, version)
select %(number)s, c.internal_name, null
from message_center.current_template as c
where c.internal_name = any(%(names)s) and c.version is not null
