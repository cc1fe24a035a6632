-- Whatever is in the search path of a caller, our functions find the server's own functions and ours. Those with a SQL
-- body have bound all names when they were made, and must stay without a SET to be inlined. public, which may be
-- anybody's, is there only for the enrichments that people write.
do $$
declare
    called record;
begin
    for called in
        select p.oid::regprocedure as name, case
            when p.proname in ('deploy_enrichment', 'enrich_by_statement') then 'pg_catalog, public, pg_temp'
            else 'pg_catalog, pg_temp' end as path
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_language as l on l.oid = p.prolang
        where p.pronamespace = 'message_center'::regnamespace and l.lanname = 'plpgsql'
    loop
        execute pg_catalog.format('alter function %s set search_path = %s', called.name, called.path);
    end loop;
end
$$;
