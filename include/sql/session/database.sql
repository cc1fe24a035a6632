-- What a database is to the role that is signed in: whether it may make and change the schemas there, and which side's
-- database it is. From the catalogue, which everybody may read, whatever the schemas allow.
with ours as (
    select oid, nspname, nspowner
    from pg_namespace
    where nspname in ('message_center', 'archive')
)
select current_user as role,
    current_database() as database,
    pg_is_in_recovery() as is_standby,
    array_remove(array[
        case when not has_database_privilege(current_database(), 'CREATE') then 'schemas' end,
        case when not has_database_privilege(current_database(), 'TEMPORARY') then 'temporary tables' end
    ], null) as may_not_make,
    (select min(pg_get_userbyid(o.nspowner)) from ours as o where not pg_has_role(o.nspowner, 'usage')) as owner,
    array(
        select c.relname::text
        from pg_class as c
        join ours as o on o.oid = c.relnamespace
        where o.nspname = 'message_center' and c.relname in ('instance', 'execution_instance')
    ) as tables
