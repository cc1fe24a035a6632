-- A notifier has been told.
insert into message_center.told_level as t (notifier, account, subject, indicator, level, told_at)
select %(notifier)s, c.account, c.subject, c.indicator, c.level, %(now)s
from jsonb_to_recordset(%(changes)s::jsonb)
    as c (account text, subject text, indicator text, level message_center.level)
order by c.account, c.subject, c.indicator
on conflict (notifier, account, subject, indicator) do update set
    (level, told_at) = row(excluded.level, excluded.told_at)
