-- By age alone: whatever was to happen to them has, long ago. The blocks that they were in are counted anew.
with gone as (
    delete from archive.event as old
    where old.account = %(account)s and old.created_at < clock_timestamp() - %(kept)s::interval
    returning old.id
),
changed as (
    insert into archive.changed_block (block)
    select distinct archive.block_of(g.id) from gone as g
)
select count(*) from gone
