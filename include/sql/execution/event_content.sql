-- What the message of an event was made from: the event as its engine had it, and the template in the version that it
-- is linked to. ctx as text: its numbers keep their form.
select e.id as event_id, e.queue::text as queue, e.type, coalesce(l.address,
        case e.wished_channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end) as address,
    e.language, e.country, e.email_format, e.external_id, e.origin, e.ctx::text as ctx, e.created_at, e.template_id,
    coalesce(l.tries, 1) as tries, (select i.account from message_center.instance as i) as account, e.wished_channel,
    e.traceparent
from message_center.event as e
left join message_center.delivery_log as l on l.event_id = e.id
where e.id = %(id)s
