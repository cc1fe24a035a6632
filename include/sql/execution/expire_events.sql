select message_center.expire_events(%(queue)s)
