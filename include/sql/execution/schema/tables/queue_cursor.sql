-- Where a session stands in a queue. It never starts at the head again within a session, because with a
-- transaction held open anywhere the head is a graveyard of index entries that nothing can remove.
--   seen      everything visible to this snapshot has been looked at
--   passing   the snapshot of the pass under way; becomes seen when the pass has reached the end
--   after_xid, after_id    how far the pass has come
--   due_at, due_id         the same for the rows that wait for a time
create type message_center.queue_cursor as (
    seen pg_snapshot,
    passing pg_snapshot,
    after_xid xid8,
    after_id bigint,
    due_at timestamptz,
    due_id bigint
);
