-- One step of a processing window.
select routed, not_taken_into_account, expired, postponed, queue_times, slowest_ms, more
from message_center.route_events(%(queue)s, %(max_events)s)
