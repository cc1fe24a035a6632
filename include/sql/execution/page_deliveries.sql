-- The executions' counters, one per template and month, among the last messages: all of them would be counted for long.
with recent as (
    select l.delivery_id, l.status
    from message_center.delivery_log as l
    order by l.id desc
    limit %(bound)s
)
select d.id, d.month, t.internal_name, t.version, t.queue, t.language, count(*) as messages,
    count(*) filter (where r.status = 'Sent') as sent,
    count(*) filter (where r.status = 'Delivery failed') as failed,
    count(*) filter (where r.status = 'Ignored by the delivery') as ignored,
    count(*) filter (where r.status = 'Pending delivery') as pending
from recent as r
left join message_center.delivery as d on d.id = r.delivery_id
left join message_center.message_template as t on t.id = d.template_id
group by d.id, d.month, t.internal_name, t.version, t.queue, t.language
order by d.month desc nulls last, messages desc
