select message_center.event_of(%s, %s)
