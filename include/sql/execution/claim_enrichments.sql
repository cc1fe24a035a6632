-- The next events that wait for a Python callable, leased to this worker.
select event
from message_center.claim_enrichments(%(event_type)s, %(lease)s, %(max_events)s)
