-- Whether the database has been migrated before, and whether by a version that notes its functions: all that were
-- released. From the catalog: `to_regclass` remembers what it did not find, also over a wait for whoever makes it.
select coalesce(bool_or(c.relname = 'alembic_version'), false) as is_migrated,
    coalesce(bool_or(c.relname = 'schema_state'), false) as is_released
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'message_center'
