-- The next rows by age; none that the archive has not.
select purged, last_id, more
from message_center.purge_act_events(
    %(archived_snapshot)s, %(kept)s, %(after_id)s, %(max_rows)s, %(set_aside)s::bigint[])
