-- Search in the archive, account by account: an event's id begins with its instance's identifier.
--
-- Planner settings: as for the search on an instance, see acts/eligibility.sql there.

-- The first event of about a time among the ids of an instance: see message_center.first_id_since there.
create or replace function archive.first_id_since(first_id bigint, last_id bigint, moment timestamptz) returns bigint
language plpgsql stable as $$
declare
    low bigint := (select min(e.id) from archive.event as e where e.id between first_id and last_id);
    high bigint := (select max(e.id) from archive.event as e where e.id between first_id and last_id);
    middle bigint;
    found_at timestamptz;
begin
    while low < high loop
        middle := low + (high - low) / 2;
        select e.created_at into found_at from archive.event as e where e.id >= middle order by e.id limit 1;
        if found_at < moment - interval '15 minutes' then
            low := middle + 1;
        else
            high := middle;
        end if;
    end loop;
    return low;
end
$$;

-- The ids among which an account's events of a period are. None: no row.
create or replace function archive.id_range(account text, wanted archive.event_filter)
returns table (low bigint, high bigint)
language sql stable
begin atomic
    select
        coalesce(case when (wanted).since is not null
            then archive.first_id_since(ids.first_id, ids.last_id, (wanted).since) end, ids.first_id),
        coalesce(case when (wanted).until is not null
            then archive.first_id_since(ids.first_id, ids.last_id, (wanted).until + interval '30 minutes') end,
            ids.last_id)
    from message_center.execution_instance as i
    cross join lateral (
        select i.instance_identifier::bigint << 56, (i.instance_identifier::bigint << 56) | ((1::bigint << 56) - 1)
    ) as ids (first_id, last_id)
    where i.account = id_range.account;
end;

-- What the indexes have of texts.
create or replace function archive.beginnings(texts text[]) returns text[]
language sql immutable
return (select array_agg(left(each, 320)) from unnest(texts) as each);

-- The ids that templates have on an account's instance; null: whichever.
create or replace function archive.template_ids(account text, templates text[]) returns bigint[]
language sql stable
return case when templates is not null then array(
    select t.id
    from archive.message_template as t
    where t.account = template_ids.account and t.internal_name = any (templates)
) end;

-- Whether an archived event is meant. One expression: see message_center.event_matches of an instance.
create or replace function archive.event_matches(event archive.event, wanted archive.event_filter) returns boolean
language sql stable
return (wanted.ids is null or event.id = any (wanted.ids))
    and (wanted.external_id is null or (
        left(event.external_id, 320) = left(wanted.external_id, 320) and event.external_id = wanted.external_id))
    and (
        wanted.address is null
        or left(lower(event.email), 320) = left(lower(wanted.address), 320)
        or left(event.mobile_phone, 320) = left(wanted.address, 320)
        or left(event.registration_token, 320) = left(wanted.address, 320)
    )
    and (wanted.address is null or wanted.address in (event.mobile_phone, event.registration_token)
        or lower(event.email) = lower(wanted.address))
    -- By what the indexes have, so that what is rare is found by them.
    and (wanted.types is null
        or event.type = any (wanted.types) and left(event.type, 320) = any (archive.beginnings(wanted.types)))
    and (wanted.statuses is null or cardinality(wanted.statuses) <> 1 or left(event.status, 320) = wanted.statuses[1])
    and (wanted.statuses is null or cardinality(wanted.statuses) = 1
        or left(event.status, 320) = any (archive.beginnings(wanted.statuses)))
    and (wanted.statuses is null or 'Sent' = any (wanted.statuses) or event.status <> 'Sent')
    and (wanted.channel is null or event.wished_channel = wanted.channel)
    and (wanted.queue is null or event.queue = wanted.queue)
    and (wanted.since is null or event.created_at >= wanted.since)
    and (wanted.until is null or event.created_at < wanted.until);

-- The events that a filter means, the newest of each account first.
--   filter   as archive.event_filter is as JSON
--   before   {"mcExec1": 72057594037927937, "mcExec2": null}: the accounts, and the id below which each goes on
create or replace function archive.find_events(filter jsonb, before jsonb, max_events integer)
returns table (
    account text, id bigint, queue text, status text, status_reason text, type text, wished_channel smallint,
    address text, external_id text, replay_of bigint, template text, template_version integer, created_at timestamptz,
    scheduled timestamptz, process_requested_on timestamptz, processed_at timestamptz, modified_at timestamptz
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    wanted constant archive.event_filter := jsonb_populate_record(null::archive.event_filter, filter);
    place record;
begin
    for place in
        select asked.key as account, ids.low, least(ids.high, asked.value::bigint - 1) as high,
            archive.template_ids(asked.key, wanted.templates) as template_ids
        from jsonb_each_text(before) as asked
        cross join lateral archive.id_range(asked.key, wanted) as ids
        order by asked.key
    loop
        continue when place.template_ids = '{}';
        return query
        select e.account, e.id, e.queue, e.status, e.status_reason, e.type, e.wished_channel,
            case e.wished_channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end,
            e.external_id, e.replay_of, t.internal_name, t.version, e.created_at, e.scheduled, e.process_requested_on,
            e.processed_at, e.modified_at
        from (
            select e.*
            from archive.event as e
            where e.id between place.low and place.high
                and e.account = place.account
                and archive.event_matches(e, wanted)
                and (place.template_ids is null or e.template_id = any (place.template_ids))
            order by e.id desc
            limit max_events
        ) as e
        left join archive.message_template as t on t.account = e.account and t.id = e.template_id
        order by e.id desc;
    end loop;
end
$$;

-- The ids of an account's archived events that a filter means and that can be replayed, from an id on.
create or replace function archive.replayable_ids(filter jsonb, account text, after_id bigint, max_events integer)
returns bigint[]
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    wanted constant archive.event_filter := jsonb_populate_record(null::archive.event_filter, filter);
    ids record;
begin
    select r.low, r.high, archive.template_ids(account, wanted.templates) as of_templates into ids
    from archive.id_range(account, wanted) as r;
    return array(
        select e.id
        from archive.event as e
        where e.id > after_id
            and e.id between ids.low and ids.high
            and e.account = replayable_ids.account
            and archive.event_matches(e, wanted)
            and (ids.of_templates is null or e.template_id = any (ids.of_templates))
            and e.status <> all (array['Pending', 'Pending delivery'])
            and 'erased' <> all (array[coalesce(e.email, ''), coalesce(e.mobile_phone, ''),
                coalesce(e.registration_token, '')])
        order by e.id
        limit max_events
    );
end
$$;
