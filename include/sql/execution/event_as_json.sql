-- A real event as the sample of a proof, with the names that conditions and templates use.
select to_jsonb(e)::text from message_center.event as e where e.id = %s
