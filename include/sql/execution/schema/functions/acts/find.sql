-- Search: the events that a filter means, the newest first, by a page that goes on below an id.
-- Planner settings: see eligibility.sql.

-- What a list shows of an event. Named as in the archive: archive.find_events returns the same.
create or replace function message_center.find_events(filter jsonb, before_id bigint, max_events integer)
returns table (
    id bigint, queue text, status text, status_reason text, type text, wished_channel smallint, address text,
    external_id text, replay_of bigint, template text, template_version integer, created_at timestamptz,
    scheduled timestamptz, process_requested_on timestamptz, processed_at timestamptz, modified_at timestamptz
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    wanted constant message_center.event_filter := message_center.event_filter_of(filter);
    below constant bigint := coalesce(before_id, 9223372036854775807);
begin
    return query
    select e.id, e.queue::text, e.status::text, e.status_reason, e.type, e.wished_channel,
        case e.wished_channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end,
        e.external_id, e.replay_of, t.internal_name, t.version, e.created_at, e.scheduled, e.process_requested_on,
        e.processed_at, e.modified_at
    from (
        select e.*
        from message_center.event as e
        where e.id < below and message_center.event_matches(e, wanted)
        order by e.id desc
        limit max_events
    ) as e
    left join message_center.message_template as t on t.id = e.template_id
    order by e.id desc;
end
$$;

-- Those of some events, of which the archive has copies, that are here still: what is here is what holds.
create or replace function message_center.present_events(ids bigint[]) returns setof bigint
language sql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
begin atomic
    select e.id
    from unnest(ids) as wanted (id)
    join message_center.event as e on e.id = wanted.id;
end;
