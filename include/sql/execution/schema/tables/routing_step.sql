-- What one step of routing did. queue_times counts events by the bucket of their queue time: 20 buckets for each
-- factor of 10, bucket 0 begins at 1 µs; queue_ms is their sum. (last_xid, last_id) is the row key at which it ended.
-- arrivals counts those that were seen for the first time, by the minute in which they were pushed, since 1970.
create type message_center.routing_step as (
    claimed integer,
    routed integer,
    not_taken_into_account integer,
    expired integer,
    postponed integer,
    queue_times jsonb,
    slowest_ms double precision,
    last_xid xid8,
    last_id bigint,
    arrivals jsonb,
    queue_ms double precision
);

-- A set of pending events that this session has locked, and the key of the last one: (last_xid, last_id) among those
-- that nothing holds up, (last_due, last_id) among those that were postponed; skipped: what others have locked.
create type message_center.queue_claim as (
    ids bigint[],
    last_xid xid8,
    last_due timestamptz,
    last_id bigint,
    skipped bigint[]
);

-- Where a batch ends: the row key of its last event. claimed: how many it has, for a full one.
create type message_center.queue_batch as (
    claimed integer,
    last_xid xid8,
    last_id bigint
);

-- Some events that one step routed, and that have all of this in common. minute: see arrivals; empty where it was
-- counted before.
create type message_center.routing_group as (
    status message_center.event_status,
    bucket integer,
    minute bigint,
    events bigint,
    slowest_ms double precision,
    queue_ms double precision
);
