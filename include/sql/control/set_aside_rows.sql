-- The rows of a stream that the archive could not take.
select row_id
from archive.set_aside_row
where account = %(account)s and stream = %(stream)s
