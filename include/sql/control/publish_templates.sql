-- Publish contents, {"<internal name>": {…}}: what is new or has changed becomes a version, the rest keeps its own.
with wanted as (
    select key as internal_name, value as content from jsonb_each(%(contents)s)
),
latest as (
    select c.internal_name, c.version, v.content
    from message_center.current_template as c
    join message_center.template_version as v using (internal_name, version)
),
new_version as (
    insert into message_center.template_version (internal_name, version, content)
    select w.internal_name, %(number)s, w.content
    from wanted as w
    left join latest as l using (internal_name)
    where l.content is distinct from w.content
    returning internal_name, version
)
insert into message_center.published_template (publication, internal_name, version)
select %(number)s, w.internal_name, coalesce(n.version, l.version)
from wanted as w
left join new_version as n using (internal_name)
left join latest as l using (internal_name)
