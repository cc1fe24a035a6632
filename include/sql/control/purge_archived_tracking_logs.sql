-- By age alone: whatever was to happen to them has, long ago.
with gone as (
    delete from archive.tracking_log
    where account = %(account)s and logged_at < clock_timestamp() - %(kept)s::interval
    returning 1
)
select count(*) from gone
