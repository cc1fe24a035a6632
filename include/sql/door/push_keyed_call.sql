select message_center.push_keyed_call(%s, %s::message_center.event_queue, %s::json, %s)
