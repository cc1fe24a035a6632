-- Whether this database is not, or not any more, the one on which all of these were left.
select exists (
    select from unnest(%(checkpoints)s::uuid[]) as wanted (checkpoint)
    where not exists (
        select from message_center.archive_checkpoint as c
        where c.checkpoint = wanted.checkpoint and c.database_identity = message_center.database_identity()
    )
)
