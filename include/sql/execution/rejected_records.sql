select r.record, r.told
from message_center.rejected_record as r
where r.imported_file = %(id)s and r.record > %(after)s
order by r.record
limit %(max_records)s
