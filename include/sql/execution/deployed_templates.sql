-- What the ids of these templates mean, for the archive of their events.
select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'internal_name', t.internal_name, 'version', t.version, 'event_type', t.event_type,
    'queue', t.queue, 'language', t.language)), '[]')
from message_center.message_template as t
where t.internal_name = any(%(names)s)
