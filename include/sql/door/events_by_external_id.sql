-- One queue's, or both: its events are taken from those of both, as they come.
select event
from message_center.events_by_external_id(%s, %s, %s)
where %s::text is null or event ->> 'queue' = %s
limit %s -- allow ordered: the function's order
