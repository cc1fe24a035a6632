delete from archive.event
where account = %(account)s and created_at < clock_timestamp() - %(kept)s::interval
