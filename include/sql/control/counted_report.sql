-- The same as event_report, from counts.
select r.period, r.name, r.events, r.sent, r.ignored, r.failed, r.not_taken_into_account, r.expired, r.pending,
    r.in_time, r.processing_seconds, r.queue_seconds, r.sending_seconds
from archive.counted_report(%(filter)s, %(accounts)s, %(step)s, %(by_what)s, %(within_seconds)s) as r
