-- One step of an updateEventStatus window, and the note of what it did.
select s.sent, s.ignored, s.failed, s.expired, s.more,
    case when s.sent + s.ignored + s.failed + s.expired > 0 then
        message_center.note_counts(jsonb_build_object(
            'sent', s.sent, 'ignored', s.ignored, 'failed', s.failed, 'expired', s.expired))
    end
from message_center.update_event_statuses(%(max_rows)s) as s
