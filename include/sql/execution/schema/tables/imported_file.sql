-- Files that events are imported from, and how far each has come: written in the transactions of its events.
create table message_center.imported_file (
    id bigint primary key generated always as identity,
    -- Where it lies, as a URL; that has no secrets in it.
    file text not null,
    begun_at timestamptz not null default clock_timestamp(),
    -- Of its records, in their order: how many have been pushed or rejected, and the SHA-256 of those.
    records bigint not null default 0,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    digest bytea,
    -- When its last record was.
    read_at timestamptz,
    -- When it was put away. A file of the same name is another one then.
    finished_at timestamptz
);
create unique index imported_file_open on message_center.imported_file (file) where finished_at is null;

-- What was rejected of them, until that is written beside the file.
create table message_center.rejected_record (
    imported_file bigint not null references message_center.imported_file on delete cascade,
    record bigint not null,
    -- JSON, as text because it may have \u0000 in it: the place, the reason, and the record.
    told text not null,
    primary key (imported_file, record)
);
