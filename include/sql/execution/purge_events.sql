select purged, last_id, more
from message_center.purge_events(%(archived)s, %(kept)s, %(after_id)s, %(batch)s)
