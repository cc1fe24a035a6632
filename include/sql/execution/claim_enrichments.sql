-- The next events that wait for a Python callable, leased to this worker; as text, so that each can fail alone.
select event_id, event::text
from message_center.claim_enrichments(%(event_type)s, %(lease)s, %(max_events)s)
