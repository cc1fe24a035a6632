select s.account, s.subject, s.indicator, s.level::text
from message_center.indicator_status as s
order by s.account, s.subject, s.indicator
