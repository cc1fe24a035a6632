-- What the template ids of an account mean, for whoever reads its archived events.
insert into archive.message_template (account, id, internal_name, version, event_type, queue, language)
select %(account)s, t.id, t.internal_name, t.version, t.event_type, t.queue, t.language
from jsonb_to_recordset(%(templates)s) as t
    (id bigint, internal_name text, version integer, event_type text, queue text, language text)
on conflict (account, id) do update set
    internal_name = excluded.internal_name,
    version = excluded.version,
    event_type = excluded.event_type,
    queue = excluded.queue,
    language = excluded.language,
    deployed_at = excluded.deployed_at
where archive.message_template.internal_name <> excluded.internal_name
    or archive.message_template.version <> excluded.version
