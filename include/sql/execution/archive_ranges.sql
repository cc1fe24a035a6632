-- Where in the order of modified_xid there may be rows that became visible since a snapshot: the transactions that
-- it saw in progress, and all those after it, up to the highest given. Only ranges that hold rows come back, so
-- that a run with nothing new ends here, after one look into the index for each.
-- ORDER BY keeps the planner on the index whatever it believes about how many rows there are.
select range.low::text, range.high::text
from (
    select xip as low, xip as high
    from pg_snapshot_xip({seen}::pg_snapshot) as xip
    union all
    select coalesce(pg_snapshot_xmax({seen}::pg_snapshot), '0'), {max_xid}::xid8
) as range
cross join lateral (
    select from message_center.{source} as source
    where source.modified_xid between range.low and range.high
    order by source.modified_xid
    limit 1
) as row_in_range
where range.high >= {after_xid}::xid8
order by range.low
