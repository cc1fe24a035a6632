-- What it did is part of push_events.
drop function if exists message_center.push_plain(message_center.event_queue, json, text);
