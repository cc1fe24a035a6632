select internal_name, version
from message_center.published_template
where publication = %(number)s
order by internal_name
