-- One step of a processing window, and the note of what it did.
select s.routed, s.not_taken_into_account, s.expired, s.postponed, s.queue_times, s.slowest_ms, s.more,
    case when s.routed + s.not_taken_into_account + s.expired + s.postponed > 0 then
        message_center.note_counts(jsonb_build_object(
            'routed', s.routed, 'not_taken_into_account', s.not_taken_into_account, 'expired', s.expired,
            'postponed', s.postponed, 'queue_times', s.queue_times, 'slowest_ms', s.slowest_ms))
    end
from message_center.route_events(%(queue)s, %(max_events)s) as s
