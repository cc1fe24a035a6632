-- What was seen of each instance; what was measured before stays where it was not reached.
insert into message_center.look as known (account, looked_at, reached_at, error, measures)
select l.account, %(now)s, case when l.error is null then %(now)s end, l.error, coalesce(l.measures, '[]')
from jsonb_to_recordset(%(looks)s::jsonb) as l (account text, error text, measures jsonb)
order by l.account
on conflict (account) do update set
    (looked_at, error) = row(excluded.looked_at, excluded.error),
    reached_at = coalesce(excluded.reached_at, known.reached_at),
    measures = case when excluded.error is null then excluded.measures else known.measures end
