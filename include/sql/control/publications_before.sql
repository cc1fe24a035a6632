-- The latest publications before one, for people who look for one to go back to.
select number, published_at, requested_by, comment
from message_center.publication
where number < %(number)s
order by number desc
limit 20
