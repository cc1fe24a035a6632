-- The ids of events that this demo run has sent in a file.
select external_id, id
from message_center.event
where external_id = any(%s)
