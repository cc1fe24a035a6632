-- The careful path: a set of claimed events gets what their types ask for, and one bad event costs only itself.
-- Planner settings: see fast_path.sql.

-- The first template, by priority and date of publication, whose condition holds for the event; in its language, else
-- the one for all languages. A condition sees the event as a JSON object of its columns.
create or replace function message_center.template_on_condition(event message_center.event) returns bigint
language sql stable
begin atomic
    select t.id
    from message_center.message_template as t
    where t.queue = event.queue
        and t.event_type = event.type
        and t.wished_channel = event.wished_channel
        and t.unpublished_at is null
        and t.language in ('', event.language)
        and (t.condition is null or jsonb_path_match(to_jsonb(event), t.condition))
    order by t.priority desc, t.published_at desc, t.internal_name, t.language desc
    limit 1;
end;

-- Route a set of claimed events, whatever their type needs. Those that have been postponed on the way stay.
create or replace function message_center.route_set(
    wanted_queue message_center.event_queue, ids bigint[], routes jsonb, now_at timestamptz
) returns message_center.routing_step
language sql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
begin atomic
    with routed as (
        update message_center.event as e set
            (template_id, status, status_reason) = (
                select t.id, message_center.routed_status(e.expiration, now_at, t.id),
                    message_center.routing_reason(
                        routes, e.expiration, now_at, t.id, e.type, e.wished_channel, wanted_queue)
                from (
                    select case plain.id when message_center.with_care() then message_center.template_on_condition(e)
                        else plain.id end as id
                    -- offset 0, twice: look the template up once, and try the conditions once.
                    from (
                        select message_center.template_for(routes, e.type, e.wished_channel, e.language) as id
                        offset 0
                    ) as plain
                    offset 0
                ) as t
            ),
            processed_at = clock_timestamp(),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from unnest(ids) as claimed (id)
        where e.queue = wanted_queue
            and e.id = claimed.id
            and e.status = 'Pending'
            and (e.process_requested_on is null or e.process_requested_on <= now_at)
        returning e.status, message_center.queue_ms(
            e.processed_at,
            -- An event that the fast path left to this one has waited since it came.
            case when e.error_count > 0 or e.scheduled is not null then e.process_requested_on end,
            greatest(e.created_at, e.scheduled)) as queue_ms
    )
    select message_center.routing_step_of(array_agg(g.events), null, null, cardinality(ids))
    from (
        select row(
            r.status, message_center.queue_time_bucket(r.queue_ms), null, count(*), max(r.queue_ms), sum(r.queue_ms)
        )::message_center.routing_group as events
        from routed as r
        group by r.status, message_center.queue_time_bucket(r.queue_ms)
    ) as g;
end;

-- Enrich a set of claimed events and route it. When that fails, the set is halved until the event is found that is to
-- blame; it alone is postponed, with the reason.
create or replace function message_center.route_claimed(
    wanted_queue message_center.event_queue, ids bigint[], routes jsonb, now_at timestamptz
) returns message_center.routing_step
language plpgsql as $$
declare
    half integer := cardinality(ids) / 2;
begin
    if routes ? 'enriched' then
        perform message_center.enrich_claimed(wanted_queue, ids, routes -> 'enriched', now_at);
    end if;
    return message_center.route_set(wanted_queue, ids, routes, now_at);
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(wanted_queue, ids[1], sqlerrm);
            return row(1, 0, 0, 0, 1, null, null, null, null, null, null)::message_center.routing_step;
        end if;
        return message_center.add_steps(
            message_center.route_claimed(wanted_queue, ids[:half], routes, now_at),
            message_center.route_claimed(wanted_queue, ids[half + 1:], routes, now_at)
        );
end
$$;
