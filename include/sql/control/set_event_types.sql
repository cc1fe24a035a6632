-- The enumeration is published as a whole: what it doesn't name is gone.
with wanted as (
    select key as name, value as label from jsonb_each_text(%(event_types)s)
),
gone as (
    delete from message_center.event_type as y
    where not exists (select from wanted as w where w.name = y.name)
)
insert into message_center.event_type (name, label)
select w.name, w.label from wanted as w
on conflict (name) do update set label = excluded.label
