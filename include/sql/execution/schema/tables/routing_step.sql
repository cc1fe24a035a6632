-- What one step of routing did. queue_times counts events by the bucket of their queue time: 20 buckets for each
-- factor of 10, bucket 0 begins at 1 µs. (last_xid, last_id) is the row key at which it ended.
create type message_center.routing_step as (
    claimed integer,
    routed integer,
    not_taken_into_account integer,
    expired integer,
    postponed integer,
    queue_times jsonb,
    slowest_ms double precision,
    last_xid xid8,
    last_id bigint
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
