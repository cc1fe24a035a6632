-- The workflows that are in a window now: it has not ended, and it has given a sign of life lately. The grace is for
-- the hand-over to the next window on a busy machine.
select h.workflow
from message_center.workflow_heartbeat as h
where h.heartbeat_at > clock_timestamp() - %(max_silence)s::interval
    and h.window_end > clock_timestamp() - %(grace)s::interval
