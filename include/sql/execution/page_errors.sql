-- Why the last messages were not sent: the qualifications, the most frequent first.
with recent as (
    select l.status, l.message_id
    from message_center.delivery_log as l
    order by l.id desc
    limit %(bound)s
)
select r.status, m.failure_type, m.failure_reason, m.message, count(*) as messages
from recent as r
join message_center.delivery_log_message as m on m.id = r.message_id
where r.status <> 'Sent'
group by r.status, m.failure_type, m.failure_reason, m.message
order by messages desc, m.message
limit 20
