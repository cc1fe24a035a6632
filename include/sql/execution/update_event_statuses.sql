-- One step of an updateEventStatus window.
select sent, ignored, failed, expired, more
from message_center.update_event_statuses(%(max_rows)s)
