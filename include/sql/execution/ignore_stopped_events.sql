select message_center.ignore_stopped_events()
