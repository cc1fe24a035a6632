select message_center.stop_event_type(%(event_type)s, %(reason)s)
