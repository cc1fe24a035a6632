-- The latest acts.
select act as id, kind::text, requested_by, reason, filter, scheduled, counted, done, begun_at, finished_at
from message_center.operator_act
order by begun_at desc
limit %(limit)s
