-- One key, one event, across both queues; a partitioned table cannot hold that constraint itself.
create table message_center.idempotency_key (
    key text primary key,
    event_id bigint not null,
    content bytea not null
);
