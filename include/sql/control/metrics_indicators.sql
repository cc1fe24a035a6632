select i.account, i.subject, i.indicator, i.value
from message_center.indicators() as i
where i.value is not null
order by i.indicator, i.account, i.subject
