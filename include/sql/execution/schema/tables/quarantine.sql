-- The addresses to which nothing is sent any more. E-mail in lower case: see functions/quarantine.sql.

create sequence message_center.quarantine_id_seq;
create table message_center.quarantine (
    id bigint primary key default nextval('message_center.quarantine_id_seq'),
    wished_channel smallint not null,
    address text not null,
    message_id bigint references message_center.delivery_log_message,
    quarantined_at timestamptz not null default clock_timestamp(),
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id(),
    unique (wished_channel, address)
);
create index quarantine_modified on message_center.quarantine (modified_xid, id);
create index quarantine_since on message_center.quarantine (quarantined_at);

create trigger stamp_modification before insert or update on message_center.quarantine
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.quarantine enable always trigger stamp_modification;

create trigger normalise_quarantine before insert or update of wished_channel, address on message_center.quarantine
    for each row execute function message_center.normalise_quarantine();
alter table message_center.quarantine enable always trigger normalise_quarantine;
