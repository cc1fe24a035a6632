-- An event, but for its content.
select to_jsonb(e) - '{ctx,modified_xid}'::text[]
from message_center.event as e
where e.id = %(id)s
