-- From which value on an indicator is a warning, and from which an alert: of one account, or of all (''). What else a
-- threshold has an account takes from that of all.
with changed as (
    insert into message_center.threshold as t (indicator, account, warning, alert, lower_is_worse, hysteresis)
    select o.indicator, %(account)s, %(warning)s, %(alert)s, o.lower_is_worse, o.hysteresis
    from message_center.threshold as o
    where o.indicator = %(indicator)s and o.account = ''
    on conflict (indicator, account) do update set
        (warning, alert, changed_at) = row(excluded.warning, excluded.alert, clock_timestamp())
    returning t.indicator, t.account, t.warning, t.alert
)
insert into message_center.threshold_change (indicator, account, warning, alert, changed_by, reason)
select c.indicator, c.account, c.warning, c.alert, %(changed_by)s, %(reason)s
from changed as c
returning indicator
