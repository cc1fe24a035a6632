insert into message_center.rejected_record (imported_file, record, told)
select %(id)s, r.record, r.told
from unnest(%(record)s::bigint[], %(told)s::text[]) as r (record, told)
