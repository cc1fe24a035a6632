-- By age alone: whatever was to happen to them has, long ago. The blocks that they were in are counted anew.
with gone as (
    delete from archive.delivery_log as old
    where old.account = %(account)s and old.created_at < clock_timestamp() - %(kept)s::interval
    returning old.event_id
),
changed as (
    insert into archive.changed_block (block)
    select distinct archive.block_of(g.event_id) from gone as g where g.event_id is not null
)
select count(*) from gone
