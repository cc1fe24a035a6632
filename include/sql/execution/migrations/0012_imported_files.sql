-- Import of files: how far each has come, and what was rejected of it.
create table message_center.imported_file (
    id bigint primary key generated always as identity,
    file text not null,
    begun_at timestamptz not null default clock_timestamp(),
    records bigint not null default 0,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    digest bytea,
    read_at timestamptz,
    finished_at timestamptz
);
create unique index imported_file_open on message_center.imported_file (file) where finished_at is null;

create table message_center.rejected_record (
    imported_file bigint not null references message_center.imported_file on delete cascade,
    record bigint not null,
    told text not null,
    primary key (imported_file, record)
);
