-- Let the threshold of all count for an account again.
with removed as (
    delete from message_center.threshold
    where indicator = %(indicator)s and account = %(account)s and account <> ''
    returning indicator, account
)
insert into message_center.threshold_change (indicator, account, is_removed, changed_by, reason)
select r.indicator, r.account, true, %(changed_by)s, %(reason)s
from removed as r
