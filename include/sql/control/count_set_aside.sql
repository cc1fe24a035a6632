-- How many rows of an account the archive could not take.
select count(*)
from archive.set_aside_row
where account = %(account)s
