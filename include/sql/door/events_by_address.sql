select event from message_center.events_by_address(%s, %s, %s)
