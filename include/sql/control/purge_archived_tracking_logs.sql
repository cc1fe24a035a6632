delete from archive.tracking_log
where account = %(account)s and logged_at < clock_timestamp() - %(kept)s::interval
