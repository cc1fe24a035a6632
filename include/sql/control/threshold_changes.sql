-- Who has changed an indicator's thresholds, of an account and of all: the latest first.
select c.changed_at, c.indicator, c.account, c.warning, c.alert, c.is_removed, c.changed_by, c.reason
from message_center.threshold_change as c
where c.indicator = %(indicator)s and c.account in ('', %(account)s)
order by c.id desc
limit %(limit)s
