-- Where each indicator stood at the last look, with its thresholds.
select l.account, l.subject, l.indicator, l.level, l.value, l.since, l.warning, l.alert, l.lower_is_worse
from message_center.indicator_levels() as l
order by l.level desc, l.account, l.indicator
