-- What callers read of events comes from own_events. Those that named what it replaces are made anew.
drop function if exists message_center.event_of(text, bigint);
drop function if exists message_center.events_by_external_id(text, text, integer);
drop function if exists message_center.events_by_address(text, text, integer);
drop function if exists message_center.is_of(message_center.event, text);
