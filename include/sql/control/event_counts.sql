-- What became of the archived events of a period, and not how long it took.
select c.period, c.name, c.events, c.sent, c.ignored, c.failed, c.not_taken_into_account, c.expired, c.pending,
    null::bigint as in_time, null::float8[] as processing_seconds, null::float8[] as queue_seconds,
    null::float8[] as sending_seconds
from archive.event_counts(%(filter)s, %(accounts)s, %(step)s, %(by_what)s) as c
