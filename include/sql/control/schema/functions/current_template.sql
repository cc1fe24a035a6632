-- What every execution instance should have: what the last publication that names a template says. Version is empty
-- where it is unpublished.
create or replace view message_center.current_template as
select distinct on (p.internal_name) p.internal_name, p.version, p.publication
from message_center.published_template as p
order by p.internal_name, p.publication desc;
