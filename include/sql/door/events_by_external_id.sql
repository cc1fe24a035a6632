select event from message_center.events_by_external_id(%s, %s, %s)
