-- A chunk is in, in the same transaction: should the pass end here, the next run goes on from this row.
insert into message_center.archive_watermark as watermark
    (account, stream, passing, after_xid, after_id, row_count, checkpoint)
values (%(account)s, %(stream)s, %(passing)s, %(after_xid)s, %(after_id)s, %(rows)s, %(checkpoint)s)
on conflict (account, stream) do update set
    passing = excluded.passing,
    after_xid = excluded.after_xid,
    after_id = excluded.after_id,
    checkpoint = excluded.checkpoint,
    row_count = watermark.row_count + excluded.row_count
