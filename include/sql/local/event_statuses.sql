-- Where the events of this demo run are by now.
select id, status::text, status_reason
from message_center.event
where starts_with(external_id, %s)
