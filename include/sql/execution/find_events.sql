-- The events that a filter means, the newest first, below an id.
select f.id, f.queue, f.status, f.status_reason, f.type, f.wished_channel, f.address, f.external_id, f.replay_of,
    f.template, f.template_version, f.created_at, f.scheduled, f.process_requested_on, f.processed_at, f.modified_at
from message_center.find_events(%(filter)s, %(before_id)s, %(limit)s) as f
