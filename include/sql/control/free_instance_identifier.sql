-- The smallest instance identifier that no account has.
select n::smallint
from generate_series(1, 127) as n
where not exists (select from message_center.execution_instance as i where i.instance_identifier = n)
order by n
limit 1
