select to_jsonb(e)::text from message_center.event as e where e.id = %s
