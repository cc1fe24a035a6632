-- The latest acts on an account's instance that the archive has.
select act as id, kind, requested_by, reason, filter, scheduled, counted, done, begun_at, finished_at
from archive.operator_act
where account = %(account)s
order by begun_at desc
limit %(limit)s
