select is_known, new_id, reason
from message_center.act_on_event_of(%s, %s::message_center.act_kind, %s, %s, %s)
