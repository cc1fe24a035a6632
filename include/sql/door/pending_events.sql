select message_center.pending_events('rt', %(max_events)s), message_center.pending_events('batch', %(max_events)s)
