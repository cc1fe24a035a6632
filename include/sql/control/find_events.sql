-- The archived events that a filter means, the newest of each account first; places: see find_events.
select f.account, f.id, f.queue, f.status, f.status_reason, f.type, f.wished_channel, f.address, f.external_id,
    f.replay_of, f.template, f.template_version, f.created_at, f.scheduled, f.process_requested_on, f.processed_at,
    f.modified_at
from archive.find_events(%(filter)s, %(before)s, %(limit)s) as f
