select message_center.set_caller(%s, %s, %s, %s::message_center.event_queue[], %s)
