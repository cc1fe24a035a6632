-- The version of each template that every execution instance should have; empty where it is unpublished.
select c.internal_name, c.version
from message_center.current_template as c
order by c.internal_name
