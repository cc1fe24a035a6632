-- Wait until everything committed so far is on disk: the log is written in order. Windows commit without waiting for
-- the disk, and an aborted transaction never waits; after a crash the numbers of those that were lost are given out
-- again, and a watermark that had counted them as seen would pass over their successors.
select pg_logical_emit_message(true, 'message_center', 'flush')
