-- What proves to the archive that this database has the history that it goes on from: each pass leaves one, after the
-- snapshot that it sets out for. Put back to before that, from a dump, a volume's snapshot or by a replica that lagged,
-- the database lacks it, or carries it as another database than the one it was left on.
create table message_center.archive_checkpoint (
    checkpoint uuid primary key,
    stream text not null,
    database_identity text not null,
    left_at timestamptz not null default clock_timestamp()
);
