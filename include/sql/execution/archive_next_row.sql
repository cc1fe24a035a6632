-- The row that a chunk of one would bring, without what it holds. The same conditions as archive_chunk.sql.
select source.modified_xid::text, source.id, source.modified_at
from message_center.{source} as source
where source.modified_xid between {low}::xid8 and {high}::xid8
    and (source.modified_xid, source.id) > ({after_xid}::xid8, {after_id}::bigint)
    and (
        {since}::timestamptz is null
        or source.modified_at >= {since}::timestamptz
        or pg_visible_in_snapshot(source.modified_xid, {seen}::pg_snapshot) is not true
    )
order by source.modified_xid, source.id
limit 1
