-- The message templates that claimed events name. Rows never change, so that an engine may keep them.
select id, internal_name, version, language, sender, reply_to, subject, html_body, text_body, hands_on_trace
from message_center.message_template
where id = any(%(ids)s)
