-- Make the roles of this database that are not there.
do $$
declare
    wanted record;
begin
    for wanted in
        select distinct current_database() || '_' || given.role as name
        from message_center.rights() as r
        cross join unnest(r.roles) as given (role)
        where to_regrole(quote_ident(current_database() || '_' || given.role)) is null
            and octet_length(current_database() || '_' || given.role) <= 63
    loop
        execute format('create role %I nologin', wanted.name);
    end loop;
end
$$;
