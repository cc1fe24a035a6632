select message_center.end_waiting(%(workflow)s)
