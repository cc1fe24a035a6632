-- A workflow's sign of life, which a person and the publication of templates look at.
select message_center.record_heartbeat(%(workflow)s, %(phase)s, %(window_end)s, %(counts)s::jsonb, %(error)s)
