select name, label from message_center.event_type
