-- The words that everything else speaks of: the two queues, and where an event can stand.

create type message_center.event_queue as enum ('rt', 'batch');

create type message_center.event_status as enum (
    'Pending',
    'Pending delivery',
    'Sent',
    'Ignored by the delivery',
    'Delivery failed',
    'Event not taken into account',
    'Expired'
);
comment on type message_center.event_status is
    'The words are those that people see. A status only moves forward: see status_may_move.';
