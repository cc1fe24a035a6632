-- How far each stream of each execution instance has come.

-- A watermark is a snapshot of the execution database: what it saw is archived. That is exact where a timestamp or a
-- highest id is not: a transaction that commits late was in progress in the snapshot, and is read next time.
-- A pass that was cut short goes on from (after_xid, after_id) towards the snapshot it set out with.
create table message_center.archive_watermark (
    account text not null,
    stream text not null,
    snapshot pg_snapshot,
    passing pg_snapshot,
    after_xid xid8,
    after_id bigint,
    archived_at timestamptz,
    row_count bigint not null default 0,
    -- What the pass has left on the execution side: see archive_checkpoint there.
    checkpoint uuid,
    primary key (account, stream),
    check ((passing is null) = (after_xid is null) and (passing is null) = (after_id is null))
);
comment on column message_center.archive_watermark.archived_at is 'The last time that a pass reached its end.';
comment on column message_center.archive_watermark.row_count is 'Rows brought since registration, new and changed.';
