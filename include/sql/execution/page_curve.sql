-- What an instance did over a period, in steps, both queues together. Means are weighted by what they are means of.
select c.at, sum(c.events_in) as events_in, sum(c.routed) as routed, sum(c.sent) as sent,
    sum(c.routing_errors) as routing_errors, sum(c.expired) as expired, sum(c.delivery_errors) as delivery_errors,
    sum(c.ignored) as ignored, sum(c.postponed) as postponed,
    sum(c.queue_seconds * c.routed) / nullif(sum(c.routed) filter (where c.queue_seconds is not null), 0)
        as queue_seconds,
    sum(c.sending_seconds * c.sent) / nullif(sum(c.sent) filter (where c.sending_seconds is not null), 0)
        as sending_seconds,
    sum(c.processing_seconds * c.sent) / nullif(sum(c.sent) filter (where c.processing_seconds is not null), 0)
        as processing_seconds,
    max(c.pending_most) as pending_most, max(c.oldest_seconds) as oldest_seconds
from message_center.curve(%(since)s, %(until)s, %(step)s) as c
group by c.at
order by c.at
