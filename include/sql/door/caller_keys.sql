select id, digest, caller, may, event_types, queues, max_events_per_second, is_session
from message_center.caller_keys()
