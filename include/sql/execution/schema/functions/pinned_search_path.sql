-- The last file: whatever is in the search path of a caller, our functions find the server's own functions and ours.
-- Those with a SQL body have bound all names when they were made, and must stay without a SET to be inlined. public is
-- there for the enrichments that people write.
do $$
declare
    called record;
begin
    for called in
        select p.oid::regprocedure as name
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_language as l on l.oid = p.prolang
        where p.pronamespace = 'message_center'::regnamespace and l.lanname = 'plpgsql'
    loop
        execute pg_catalog.format('alter function %s set search_path = pg_catalog, public, pg_temp', called.name);
    end loop;
end
$$;
