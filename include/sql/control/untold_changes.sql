-- What a notifier has not been told yet: where an indicator stands otherwise than it was told last.
select s.account, s.subject, s.indicator, s.level::text as level, coalesce(t.level, 'ok')::text as told, s.value,
    s.since,
    case greatest(s.level, coalesce(t.level, 'ok')) when 'alert' then coalesce(limits.alert, limits.warning)
        else limits.warning end as threshold,
    case s.indicator when 'unreachable' then l.error else (
        select max(m.detail)
        from jsonb_to_recordset(l.measures) as m (subject text, indicator text, detail text)
        where m.subject = s.subject and m.indicator = s.indicator
    ) end as detail
from message_center.indicator_levels() as s
cross join lateral (select s.warning, s.alert) as limits
left join message_center.told_level as t
    on t.notifier = %(notifier)s and t.account = s.account and t.subject = s.subject and t.indicator = s.indicator
left join message_center.look as l on l.account = s.account
where s.level <> coalesce(t.level, 'ok')
order by greatest(s.level, coalesce(t.level, 'ok')) desc, s.level desc, s.account, s.indicator, s.subject
