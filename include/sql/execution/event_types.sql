select name from message_center.event_type
