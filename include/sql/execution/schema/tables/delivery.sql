-- What delivery engines write: one log row a message, and the qualification of failures.

create type message_center.failure_type as enum ('soft', 'hard', 'ignored');

create sequence message_center.delivery_id_seq;
create table message_center.delivery (
    id bigint primary key default nextval('message_center.delivery_id_seq'),
    template_id bigint not null,
    month date not null,
    unique (template_id, month)
);
-- No foreign keys here: the checks would lock rows that all claimers share, and a template deleted by hand would fail
-- every claim that has one event of it.
comment on table message_center.delivery is 'The execution delivery: one per template and month.';

create sequence message_center.delivery_log_message_id_seq;
create table message_center.delivery_log_message (
    id bigint primary key default nextval('message_center.delivery_log_message_id_seq'),
    failure_type message_center.failure_type not null,
    failure_reason smallint not null default 0,
    message text not null,
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id()
);
-- Not unique: a unique index would let sessions wait for each other. A hash, which no message is too long for.
create index delivery_log_message_text on message_center.delivery_log_message using hash (message);
comment on column message_center.delivery_log_message.failure_reason is
    '1 unknown user, 2 invalid domain, 3 unreachable, 4 disabled, 5 inbox full, 20 refused; 0 not stated.';

create sequence message_center.claim_token_seq;
create sequence message_center.claim_owner_seq as integer cycle;
create sequence message_center.delivery_log_id_seq;
create table message_center.delivery_log (
    id bigint primary key default nextval('message_center.delivery_log_id_seq'),
    event_id bigint not null unique,
    queue message_center.event_queue not null,
    delivery_id bigint,
    wished_channel smallint not null,
    address text not null,
    status message_center.event_status not null
        check (status not in ('Pending', 'Event not taken into account')),
    message_id bigint,
    engine text,
    tries smallint not null default 1,
    -- While pending: the end of the engine's lease, or the time of the next try.
    retry_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id(),
    -- While claimed: the number of this claim, and of whoever's sessions hold it; see functions/delivery/owner.sql.
    claim_token bigint,
    owner integer,
    -- What it said before: each try that failed and was to be repeated, with the server's reply, and the sending of
    -- what bounced later: [{"tried_at", "status", "message_id", "engine"}, …]. Empty for what went well at once.
    earlier_tries jsonb,
    check ((status = 'Pending delivery') = (retry_at is not null))
);
create index delivery_log_retry on message_center.delivery_log (wished_channel, retry_at, id)
    where status = 'Pending delivery';
create index delivery_log_owner on message_center.delivery_log (owner)
    where status = 'Pending delivery' and owner is not null;
-- Of what no address can break: an index row has 2,704 bytes at most.
create index delivery_log_address on message_center.delivery_log (left(address, 320));
create index delivery_log_modified on message_center.delivery_log (modified_xid, id);
create index delivery_log_message_modified on message_center.delivery_log_message (modified_xid, id);

create trigger stamp_modification before insert or update on message_center.delivery_log
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.delivery_log enable always trigger stamp_modification;
create trigger stamp_modification before insert or update on message_center.delivery_log_message
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.delivery_log_message enable always trigger stamp_modification;

create trigger refuse_status_move before update of status on message_center.delivery_log
    for each row
    when (old.status <> new.status and not message_center.status_may_move(old.status, new.status))
    execute function message_center.refuse_delivery_log_move();
