-- Due with each heartbeat: what was being routed when its event type was stopped is found by the next look.
select s.ignored,
    case when s.ignored > 0 then message_center.note_counts(jsonb_build_object('ignored', s.ignored)) end
from message_center.ignore_stopped_events() as s (ignored)
