-- Of one queue, or of both: the function finds those of both, and here those of the other one are left out.
select event
from message_center.events_by_address(%s, %s, %s)
where %s::text is null or event ->> 'queue' = %s
limit %s -- allow ordered: the function's order
