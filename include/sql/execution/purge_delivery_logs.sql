select purged, last_id, more
from message_center.purge_delivery_logs(%(archived)s, %(kept)s, %(after_id)s, %(batch)s)
