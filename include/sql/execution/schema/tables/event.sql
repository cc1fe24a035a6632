-- The two event queues of an execution instance, and the rules that the database itself keeps.

-- Registration moves each sequence into the instance's own range, (instance_identifier << 56) + n: an id names its
-- instance and is unique across all of them.
create sequence message_center.event_id_seq;

create table message_center.event (
    id bigint not null default nextval('message_center.event_id_seq'),
    queue message_center.event_queue not null,
    status message_center.event_status not null default 'Pending',
    status_reason text,
    type text not null check (type <> ''),
    wished_channel smallint not null default 0 check (wished_channel in (0, 1, 41, 42)),
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint not null default 0 check (email_format in (0, 1, 2)),
    ctx jsonb not null,
    scheduled timestamptz,
    expiration timestamptz,
    idempotency_key text,
    replay_of bigint,
    created_at timestamptz not null default clock_timestamp(),
    -- When a pending event is looked at next; empty means now.
    process_requested_on timestamptz,
    error_count smallint not null default 0,
    -- When its event type's enrichment has been merged into ctx.
    enriched_at timestamptz,
    -- No foreign key: templates are never deleted, and its check would run for every event routed.
    template_id bigint,
    processed_at timestamptz,
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id(),
    -- Who pushed it through a door; empty: somebody who signed in here.
    caller text,
    -- Where the sender's trace goes on (W3C Trace Context).
    traceparent text,
    primary key (id, queue),
    check (case wished_channel when 0 then email when 1 then mobile_phone else registration_token end is not null),
    check (status not in ('Event not taken into account', 'Expired') or status_reason is not null)
) partition by list (queue);

create table message_center.rt_event partition of message_center.event for values in ('rt');
create table message_center.batch_event partition of message_center.event for values in ('batch');

comment on column message_center.event.modified_xid is
    'The transaction that last changed the row. "Changed since snapshot S" is modified_xid >= xmax(S) or one of '
    'those that S saw in progress: exact, so a late commit is never skipped.';

-- The queue's head: what is pending now, in the order in which it became visible.
create index event_pending on message_center.event (modified_xid, id)
    where status = 'Pending' and process_requested_on is null;
create index event_postponed on message_center.event (process_requested_on, id)
    where status = 'Pending' and process_requested_on is not null;
create index event_pending_delivery on message_center.event (wished_channel, modified_xid, id)
    where status = 'Pending delivery';
create index event_expiring on message_center.event (expiration, id)
    where status = 'Pending delivery' and expiration is not null;
create index event_modified on message_center.event (modified_xid, id);
create index event_replay_of on message_center.event (replay_of) where replay_of is not null;

-- Search by address, whatever its case, and by the sender's own id: a few pages are read instead of all. A B-tree would
-- slow each routing by a third or more, since an event's row is written anew; these cost next to nothing, and no value
-- is too long for them.
create index event_email on message_center.event
    using brin (lower(email) text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_mobile_phone on message_center.event
    using brin (mobile_phone text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_registration_token on message_center.event
    using brin (registration_token text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_external_id on message_center.event
    using brin (external_id text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);

-- A statement that sets modified_xid itself pays only for the WHEN, not for the call.
create trigger stamp_modification before insert or update on message_center.event
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.event enable always trigger stamp_modification;

create trigger refuse_status_move before update of status on message_center.event
    for each row
    when (old.status <> new.status and not message_center.status_may_move(old.status, new.status))
    execute function message_center.refuse_status_move();
