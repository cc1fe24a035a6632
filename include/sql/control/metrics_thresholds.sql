select t.account, t.indicator, each.level, each.value
from message_center.threshold as t
cross join lateral (values ('warning', t.warning), ('alert', t.alert)) as each (level, value)
where each.value is not null
order by t.account, t.indicator, each.level
