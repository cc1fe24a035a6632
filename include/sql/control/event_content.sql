-- The same of an archived event, with its template in the version that was published.
select e.id as event_id, e.queue, e.type, coalesce(l.address,
        case e.wished_channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end) as address,
    e.language, e.country, e.email_format, e.external_id, e.origin, e.ctx::text as ctx, e.created_at, e.template_id,
    coalesce(l.tries, 1) as tries, e.account, e.wished_channel,
    e.traceparent
from archive.event as e
left join archive.delivery_log as l on l.event_id = e.id and l.account = e.account
where e.id = %(id)s and e.account = %(account)s
order by l.id desc
limit 1
