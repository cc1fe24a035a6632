-- What the recipients did: the links of a delivery, and who opened and clicked.

create sequence message_center.tracking_url_id_seq;
create table message_center.tracking_url (
    id bigint primary key default nextval('message_center.tracking_url_id_seq'),
    delivery_id bigint references message_center.delivery,
    url text not null,
    label text,
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id()
);

create sequence message_center.tracking_log_id_seq;
create table message_center.tracking_log (
    id bigint primary key default nextval('message_center.tracking_log_id_seq'),
    event_id bigint not null,
    tracking_url_id bigint references message_center.tracking_url,
    kind text not null check (kind in ('open', 'click')),
    logged_at timestamptz not null default clock_timestamp(),
    modified_at timestamptz not null default clock_timestamp(),
    modified_xid xid8 not null default pg_current_xact_id()
);

create index tracking_url_modified on message_center.tracking_url (modified_xid, id);
create index tracking_log_modified on message_center.tracking_log (modified_xid, id);

create trigger stamp_modification before insert or update on message_center.tracking_url
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.tracking_url enable always trigger stamp_modification;
create trigger stamp_modification before insert or update on message_center.tracking_log
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.tracking_log enable always trigger stamp_modification;
