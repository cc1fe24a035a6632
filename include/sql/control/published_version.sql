-- A template as it was published, in the language in which an instance knows it by this id.
select t.id, t.internal_name, t.version, t.language,
    v.content #>> array['languages', t.language, 'sender'] as sender,
    v.content #>> array['languages', t.language, 'reply_to'] as reply_to,
    v.content #>> array['languages', t.language, 'subject'] as subject,
    v.content #>> array['languages', t.language, 'html_body'] as html_body,
    v.content #>> array['languages', t.language, 'text_body'] as text_body,
    coalesce((v.content ->> 'hands_on_trace')::boolean, false) as hands_on_trace
from archive.message_template as t
join message_center.template_version as v using (internal_name, version)
where t.account = %(account)s and t.id = %(template_id)s
