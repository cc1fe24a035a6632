-- Give the roles of this database, as far as they exist, the rights that the list gives them, and no other that they
-- may have had; and take the public's, which each new function has, and those that a copy of another instance's
-- database brings with it. Again and again.
do $$
declare
    ours record;
    others record;
begin
    for ours in
        select distinct split_part(r.name, '.', 1) as schema from message_center.rights() as r
    loop
        execute format('revoke execute on all functions in schema %I from public', ours.schema);
        for others in
            select role.rolname as name
            from pg_namespace as n
            cross join aclexplode(n.nspacl) as acl
            join pg_roles as role on role.oid = acl.grantee
            cross join lateral regexp_replace(role.rolname, '_(pusher|door|engine|operator|reader)$', '') as database
            where n.nspname = ours.schema
                and database not in (role.rolname, current_database())
                -- One of a whole set, and no role of another purpose that is called alike.
                and not exists (
                    select from message_center.rights() as r
                    cross join unnest(r.roles) as given (role)
                    where to_regrole(quote_ident(database || '_' || given.role)) is null
                )
        loop
            execute format('revoke all on schema %I from %I', ours.schema, others.name);
            execute format('revoke all on all tables in schema %I from %I', ours.schema, others.name);
            execute format('revoke all on all functions in schema %I from %I', ours.schema, others.name);
        end loop;
    end loop;

    for ours in
        select role.rolname as role,
            string_agg(distinct quote_ident(split_part(r.name, '.', 1)), ', ') as schemas,
            string_agg(p.oid::regprocedure::text, ', ') as functions,
            string_agg(r.name, ', ') filter (where r.kind = 'table') as tables
        from message_center.rights() as r
        cross join unnest(r.roles) as given (role)
        join pg_roles as role on role.rolname = current_database() || '_' || given.role and not role.rolcanlogin
        left join pg_proc as p
            on r.kind = 'function' and p.pronamespace::regnamespace::text || '.' || p.proname = r.name
        group by role.rolname
        order by role.rolname
    loop
        execute format('revoke all on all tables in schema %s from %I', ours.schemas, ours.role);
        execute format('revoke all on all functions in schema %s from %I', ours.schemas, ours.role);
        execute format('grant connect on database %I to %I', current_database(), ours.role);
        execute format('grant usage on schema %s to %I', ours.schemas, ours.role);
        if ours.functions is not null then
            execute format('grant execute on function %s to %I', ours.functions, ours.role);
        end if;
        if ours.tables is not null then
            execute format('grant select on %s to %I', ours.tables, ours.role);
        end if;
    end loop;
end
$$;
