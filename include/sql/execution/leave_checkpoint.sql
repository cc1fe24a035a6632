-- Once this has committed, everything committed before is on disk: the log is written in order. Windows commit without
-- waiting for the disk, and an aborted transaction never waits; after a crash the numbers of those that were lost are
-- given out again, and a watermark that had counted them as seen would pass over their successors.
with forgotten as (
    delete from message_center.archive_checkpoint as c
    where c.stream = %(stream)s
        and c.left_at < clock_timestamp() - interval '90 days'
        and c.checkpoint is distinct from %(known)s::uuid
)
insert into message_center.archive_checkpoint (checkpoint, stream, database_identity)
values (%(new)s, %(stream)s, message_center.database_identity())
