select sum(q.pending)::bigint as pending, clock_timestamp() at time zone 'UTC' as at
from message_center.queue_now() as q
