-- One pass of the act; again with the same id while there is more.
select done, total, more
from message_center.cancel_events(%(act)s, %(requested_by)s, %(reason)s, %(filter)s, %(max_events)s)
