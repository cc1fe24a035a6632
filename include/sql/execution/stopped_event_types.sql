-- What an engine has in hand already is ended by itself, with the same words as in the database.
select y.name, message_center.reason_of_stop(y.name, y.stopped_reason)
from message_center.event_type as y
where y.stopped_at is not null
