-- What a delivery log said before it changed: each try that failed and was to be repeated, with the server's reply, and
-- the sending of what bounced later. What went well at once has no row here.
create table message_center.delivery_try (
    event_id bigint not null,
    tried_at timestamptz not null,
    status message_center.event_status not null,
    message_id bigint,
    engine text
);
create index delivery_try_event_id on message_center.delivery_try (event_id);
