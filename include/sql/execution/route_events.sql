-- One step of routing.
select routed, not_taken_into_account, expired, postponed, queue_times, slowest_ms, more
from message_center.route_events(%s, %s)
