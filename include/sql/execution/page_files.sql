-- Files that events are imported from: first those that are not at their end, then those that were put away last.
select f.file, f.begun_at, f.records, f.accepted, f.rejected, f.finished_at
from message_center.imported_file as f
order by f.finished_at is not null, coalesce(f.finished_at, f.begun_at) desc, f.id
limit %(bound)s
