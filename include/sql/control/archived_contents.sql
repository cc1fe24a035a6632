-- What is pushed again for events that their instance has purged.
select e.id, (to_jsonb(e) - '{archived_at,extra,modified_xid}'::text[])::text
from archive.event as e
where e.id = any(%(ids)s) and e.account = %(account)s
order by e.id
