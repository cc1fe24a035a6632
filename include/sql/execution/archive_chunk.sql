-- One chunk of one range, in the order of the index, without decoding: a short statement, so that no snapshot of
-- the archive keeps vacuum from the queues. A rewind takes what changed since then, and whatever is not archived.
copy (
    select {columns}
    from message_center.{source} as source
    where source.modified_xid between {low}::xid8 and {high}::xid8
        and (source.modified_xid, source.id) > ({after_xid}::xid8, {after_id}::bigint)
        and (
            {since}::timestamptz is null
            or source.modified_at >= {since}::timestamptz
            or pg_visible_in_snapshot(source.modified_xid, {seen}::pg_snapshot) is not true
        )
    order by source.modified_xid, source.id
    limit {size}
) to stdout (format binary)
