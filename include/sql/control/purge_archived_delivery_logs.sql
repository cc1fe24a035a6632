-- By age alone: whatever was to happen to them has, long ago.
delete from archive.delivery_log
where account = %(account)s and created_at < clock_timestamp() - %(kept)s::interval
