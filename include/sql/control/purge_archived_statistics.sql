-- Minutes go with what an instance keeps; their days stay: see statistic_day.
delete from archive.statistic
where account = %(account)s and minute < clock_timestamp() - %(kept)s::interval
