-- What any sender does.
select "position", id, reason from message_center.push_events(%s::message_center.event_queue, %s::json)
