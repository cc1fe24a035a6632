-- By age alone, with the archived events.
delete from archive.statistic_day
where account = %(account)s and day < clock_timestamp() - %(kept)s::interval
