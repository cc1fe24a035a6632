-- Note an account's instance. An identifier never changes: it is in every event id.
insert into message_center.execution_instance (account, instance_identifier, database_identity)
values (%(account)s, %(instance_identifier)s, %(identity)s)
on conflict (account) do update set database_identity = excluded.database_identity
