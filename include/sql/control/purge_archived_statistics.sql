-- Minutes go with what an instance keeps; their days stay: see statistic_day.
with gone as (
    delete from archive.statistic
    where account = %(account)s and minute < clock_timestamp() - %(kept)s::interval
    returning 1
)
select count(*) from gone
