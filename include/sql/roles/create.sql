-- Make the roles of this database that are not there. From the catalog: to_regrole remembers what it did not find, also
-- over a wait for whoever makes it.
do $$
declare
    wanted record;
begin
    for wanted in
        select distinct current_database() || '_' || given.role as name
        from message_center.rights() as r
        cross join unnest(r.roles) as given (role)
        where not exists (select from pg_roles as p where p.rolname = current_database() || '_' || given.role)
            and octet_length(current_database() || '_' || given.role) <= 63
    loop
        execute format('create role %I nologin', wanted.name);
    end loop;
end
$$;
