-- What has a template but was claimed by nobody in time; due with each heartbeat.
select s.expired,
    case when s.expired > 0 then message_center.note_counts(jsonb_build_object('expired', s.expired)) end
from message_center.expire_events(%(queue)s) as s (expired)
