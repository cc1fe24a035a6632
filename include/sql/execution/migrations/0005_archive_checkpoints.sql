-- Each pass of the archive leaves a checkpoint: a database that was put back to before it lacks it.
create table message_center.archive_checkpoint (
    checkpoint uuid primary key,
    stream text not null,
    database_identity text not null,
    left_at timestamptz not null default clock_timestamp()
);
alter table message_center.instance drop column checkpoint, drop column previous_checkpoint;
