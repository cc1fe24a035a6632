-- The same events as the archive has them.
select id, status
from archive.event
where account = %s and starts_with(external_id, %s)
