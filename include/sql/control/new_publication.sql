-- Numbers follow each other without a gap, also over dry runs: the table is locked while one is made.
insert into message_center.publication (number, action, run_id, requested_by, comment, override_reason, missing)
select coalesce(max(p.number), 0) + 1, %(action)s, %(run_id)s, %(requested_by)s, %(comment)s, %(override_reason)s,
    %(missing)s
from message_center.publication as p
returning number
