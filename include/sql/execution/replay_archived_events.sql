-- What the instance has purged, from what the archive has of it.
select done, total
from message_center.replay_archived_events(%(act)s, %(requested_by)s, %(reason)s, %(filter)s, %(events)s, %(up_to)s)
