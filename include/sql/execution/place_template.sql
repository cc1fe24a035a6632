-- Insert a message template for both queues with its next version, unless the newest one already says the same.
with latest as (
    select distinct on (t.queue) t.*
    from message_center.message_template as t
    where t.internal_name = %(internal_name)s and t.language = %(language)s
    order by t.queue, t.version desc
),
wanted as (
    select %(sender)s::text as sender, %(reply_to)s::text as reply_to, %(subject)s::text as subject,
        %(html_body)s::text as html_body, %(text_body)s::text as text_body, %(event_type)s::text as event_type,
        %(wished_channel)s::smallint as wished_channel
)
insert into message_center.message_template (
    internal_name, version, event_type, wished_channel, queue, language, sender, reply_to, subject, html_body, text_body
)
select %(internal_name)s, coalesce(latest.version, 0) + 1, wanted.event_type, wanted.wished_channel, queue.name,
    %(language)s, wanted.sender, wanted.reply_to, wanted.subject, wanted.html_body, wanted.text_body
from wanted
cross join unnest(enum_range(null::message_center.event_queue)) as queue (name)
left join latest on latest.queue = queue.name
where latest.id is null or row(
        latest.sender, latest.reply_to, latest.subject, latest.html_body, latest.text_body, latest.event_type,
        latest.wished_channel
    ) is distinct from row(
        wanted.sender, wanted.reply_to, wanted.subject, wanted.html_body, wanted.text_body, wanted.event_type,
        wanted.wished_channel
    );
