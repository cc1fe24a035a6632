-- The callers, and until when each of their keys is good; a year that no clock of ours knows hides no other row.
select c.name, c.may, c.event_types, c.queues::text[], c.max_events_per_second, k.id, k.created_at,
    case when k.expires_at is not null then least(k.expires_at, '9999-12-31') end as expires_at
from message_center.caller as c
left join message_center.caller_key as k
    on k.caller = c.name and not k.is_session and (k.expires_at is null or k.expires_at > clock_timestamp())
order by c.name, k.created_at
