-- Whether the database has been migrated before, and whether by a version that notes its functions: all that were
-- released.
select to_regclass('message_center.alembic_version') is not null as is_migrated,
    to_regclass('message_center.schema_state') is not null as is_released
