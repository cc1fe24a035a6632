-- The two event queues of an execution instance, and the rules that the database itself keeps.

-- Who this instance is. One row; account and identifier stay empty until the archiving workflow registers it.
create table message_center.instance (
    only_row boolean primary key default true check (only_row),
    account text,
    identifier smallint check (identifier between 1 and 127),
    registered_at timestamptz,
    -- Which database it was when it last gave an id: see notice_restore.
    database_identity text,
    -- The archive's mark on this database: a database restored from a dump carries an old one.
    checkpoint uuid,
    previous_checkpoint uuid,
    -- Limits, changed by UPDATE.
    greatest_number_of_tries smallint not null default 5 check (greatest_number_of_tries > 0),
    greatest_number_of_delivery_tries smallint not null default 20 check (greatest_number_of_delivery_tries > 0),
    greatest_ctx_bytes integer not null default 1048576,
    greatest_ctx_depth smallint not null default 64,
    check ((account is null) = (identifier is null))
);
insert into message_center.instance default values;

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

create function message_center.status_may_move(
    old_status message_center.event_status, new_status message_center.event_status
) returns boolean
language sql immutable
return case old_status
    when 'Pending' then new_status in ('Pending delivery', 'Event not taken into account', 'Expired')
    when 'Pending delivery' then
        new_status in ('Sent', 'Ignored by the delivery', 'Delivery failed', 'Expired')
    when 'Sent' then new_status = 'Delivery failed'
    else false
end;

-- Registration moves each sequence into the instance's own range, (identifier << 56) + n: an id names its
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

-- A statement that sets modified_xid itself pays only for the WHEN, not for the call.
create function message_center.stamp_modification() returns trigger
language plpgsql as $$
begin
    new.modified_xid := pg_current_xact_id();
    new.modified_at := clock_timestamp();
    return new;
end
$$;

create trigger stamp_modification before insert or update on message_center.event
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();

create function message_center.refuse_status_move() returns trigger
language plpgsql as $$
begin
    raise exception 'event %: its status cannot move from "%" to "%"', old.id, old.status, new.status
        using errcode = 'check_violation',
            hint = 'A status only moves forward. To send again, push a new event with replay_of.';
end
$$;

create trigger refuse_status_move before update of status on message_center.event
    for each row
    when (old.status <> new.status and not message_center.status_may_move(old.status, new.status))
    execute function message_center.refuse_status_move();

-- One key, one event, across both queues; a partitioned table cannot hold that constraint itself.
create table message_center.idempotency_key (
    key text primary key,
    event_id bigint not null,
    content bytea not null
);
