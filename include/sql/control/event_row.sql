-- An archived event, but for its content.
select to_jsonb(e) - '{ctx,modified_xid}'::text[]
from archive.event as e
where e.id = %(id)s and e.account = %(account)s
