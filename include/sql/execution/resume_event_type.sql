select message_center.resume_event_type(%(event_type)s)
