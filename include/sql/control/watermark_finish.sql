-- The pass has reached its end: all that its snapshot saw is archived.
insert into message_center.archive_watermark as watermark
    (account, stream, snapshot, archived_at, row_count, checkpoint)
values (%(account)s, %(stream)s, %(snapshot)s, clock_timestamp(), %(rows)s, %(checkpoint)s)
on conflict (account, stream) do update set
    snapshot = excluded.snapshot,
    passing = null,
    after_xid = null,
    after_id = null,
    archived_at = excluded.archived_at,
    checkpoint = excluded.checkpoint,
    row_count = watermark.row_count + excluded.row_count
