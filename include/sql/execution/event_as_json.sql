select to_jsonb(e) from message_center.event as e where e.id = %s
