-- An SQL enrichment becomes a function, so that PostgreSQL checks it against this database's tables now and not when
-- the first event comes.
create or replace function message_center.deploy_enrichment(event_type text, enrichment jsonb) returns void
language plpgsql as $$
declare
    wanted_type alias for event_type;
    wanted_kind constant text := enrichment ->> 'kind';
    wanted_source constant text := enrichment ->> 'source';
begin
    if exists (
        select from message_center.event_type as y
        where y.name = wanted_type
            and y.enrichment::text is not distinct from wanted_kind
            and y.enrichment_source is not distinct from wanted_source
    ) then
        return;
    end if;
    execute format(
        'drop function if exists message_center_enrichment.%I(message_center.event_queue, bigint[])', wanted_type);
    if wanted_kind = 'sql' then
        execute format($function$
            create or replace function message_center_enrichment.%I(message_center.event_queue, bigint[])
            returns table (id bigint, ctx jsonb)
            language sql stable
            as %L
            $function$, wanted_type, format($body$
                with events as (
                    select e.*
                    from unnest($2) as claimed (id)
                    join message_center.event as e on e.queue = $1 and e.id = claimed.id
                )
                select enrichment.id, enrichment.ctx from (
                %s
                ) as enrichment (id, ctx)
                $body$, rtrim(wanted_source, E'; \n')));
        execute format(
            'revoke execute on function message_center_enrichment.%I(message_center.event_queue, bigint[]) from public',
            wanted_type);
    end if;
    insert into message_center.event_type as y (name, enrichment, enrichment_source)
    values (wanted_type, wanted_kind::message_center.enrichment_kind, wanted_source)
    on conflict (name) do update set
        enrichment = excluded.enrichment,
        enrichment_source = excluded.enrichment_source;
end
$$;
