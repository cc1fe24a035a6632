select "position", id, reason
from message_center.push_events_of(%s, %s::message_center.event_queue, %s::json)
order by "position"
