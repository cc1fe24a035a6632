-- By age alone, with the archived events.
with gone as (
    delete from archive.statistic_day
    where account = %(account)s and day < clock_timestamp() - %(kept)s::interval
    returning 1
)
select count(*) from gone
