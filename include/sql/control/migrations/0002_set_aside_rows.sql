-- Rows that the archive cannot take are set aside, and no text breaks an index.
create table archive.set_aside_row (
    account text not null,
    stream text not null,
    row_id bigint not null,
    modified_at timestamptz,
    reason text not null,
    since timestamptz not null default clock_timestamp(),
    primary key (account, stream, row_id)
);

drop index archive.event_email;
create index event_email on archive.event (left(email, 320)) where email is not null;
drop index archive.event_mobile_phone;
create index event_mobile_phone on archive.event (left(mobile_phone, 320)) where mobile_phone is not null;
drop index archive.event_external_id;
create index event_external_id on archive.event (left(external_id, 320)) where external_id is not null;
drop index archive.delivery_log_address;
create index delivery_log_address on archive.delivery_log (left(address, 320));
drop index archive.quarantine_address;
create index quarantine_address on archive.quarantine (left(address, 320));
drop index archive.event_type_created_at;
create index event_type_created_at on archive.event (left(type, 320), created_at);
drop index archive.event_status;
create index event_status on archive.event (left(status, 320), created_at) where status <> 'Sent';
