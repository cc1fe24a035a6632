-- What this database is, and which account and control instance it says it belongs to. The latter from JSON, since
-- databases of older versions are asked, too.
select
    current_database()::text as database,
    message_center.database_identity() as identity,
    i.account,
    i.instance_identifier,
    (to_jsonb(i) ->> 'control')::uuid as control
from message_center.instance as i
