-- What others call runs as the database's owner, and nothing in the caller's session changes what it does: neither the
-- search path (in which public may be anybody's, and so is not) nor how texts and times are read. Applied after the
-- functions, which are made without.
do $$
declare
    entry record;
begin
    for entry in
        select p.oid::regprocedure as name
        from message_center.rights() as r
        join pg_catalog.pg_proc as p on p.pronamespace::regnamespace::text || '.' || p.proname = r.name
        where r.kind = 'function' and r.roles <> '{}'
    loop
        execute pg_catalog.format(
            'alter function %s security definer'
            ' set search_path = pg_catalog, pg_temp'
            ' set standard_conforming_strings = on'
            ' set timezone = ''UTC''', entry.name);
    end loop;
end
$$;
