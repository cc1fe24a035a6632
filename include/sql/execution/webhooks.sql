-- The webhooks as people see them. What waits is counted up to a bound.
select w.name, w.origin, w.event_types, w.statuses::text[] as statuses, w.queues::text[] as queues, w.callers,
    w.last_success_at, w.failures, w.failing_since, w.retry_at, w.last_error, w.last_error_at, w.disabled_at,
    w.disabled_reason, w.removed_at, w.read_at, w.is_replay as is_replaying, w.since as replaying_since,
    (
        select count(*)
        from (
            select from message_center.webhook_message as m
            where m.webhook = w.name and m.told_at is null and m.given_up_at is null
            limit %(bound)s -- allow ordered: how many there are, whichever they are
        ) as waiting
    ) as waiting,
    (
        select min(m.changed_at) from message_center.webhook_message as m
        where m.webhook = w.name and m.told_at is null and m.given_up_at is null
    ) as waiting_since,
    (
        select count(*) from message_center.webhook_message as m
        where m.webhook = w.name and m.given_up_at is not null
    ) as given_up
from message_center.webhook as w
order by w.name
