-- By age alone: whatever was to happen to them has, long ago.
delete from archive.tracking_log
where account = %(account)s and logged_at < clock_timestamp() - %(kept)s::interval
