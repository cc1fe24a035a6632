-- Which events are meant, by a person who searches and by an act alike: {"type": "order_confirmation", …}.

-- The first event of about a time, by halving: ids are by age, but for what a call that lasts makes of it. So a quarter
-- of an hour is left to calls. No index on the time: it would be written anew with each status.
create or replace function message_center.first_id_since(moment timestamptz) returns bigint
language plpgsql stable as $$
declare
    low bigint := (select min(e.id) from message_center.event as e);
    high bigint := (select max(e.id) from message_center.event as e);
    middle bigint;
    found_at timestamptz;
begin
    while low < high loop
        middle := low + (high - low) / 2;
        select e.created_at into found_at from message_center.event as e where e.id >= middle order by e.id limit 1;
        if found_at < moment - interval '15 minutes' then
            low := middle + 1;
        else
            high := middle;
        end if;
    end loop;
    return low;
end
$$;

-- The values of a key that may have one or several.
create or replace function message_center.filter_values(given jsonb) returns text[]
language sql immutable
return case jsonb_typeof(given)
    when 'array' then array(select jsonb_array_elements_text(given))
    when 'null' then null
    else case when given is not null then array[given #>> '{}'] end
end;

-- Why a filter cannot be read; null when it can.
create or replace function message_center.filter_refusal_reason(filter jsonb) returns text
language sql stable
return case
    when jsonb_typeof(filter) is distinct from 'object' then 'a filter is a JSON object'
    when filter - array['ids', 'external_id', 'address', 'type', 'status', 'template', 'channel', 'queue', 'since',
            'until'] <> '{}'
        then 'a filter has no other keys than ids, external_id, address, type, status, template, channel, queue, '
            'since, until'
    when exists (
        select from unnest(message_center.filter_values(filter -> 'ids')) as id
        where not coalesce(pg_input_is_valid(id, 'bigint'), false)
    ) then 'ids has something in it that is no id'
    when exists (
        select from unnest(message_center.filter_values(filter -> 'status')) as status
        where not coalesce(pg_input_is_valid(status, 'message_center.event_status'), false)
    ) then 'status is none of ' || array_to_string(enum_range(null::message_center.event_status), ', ')
    when not pg_input_is_valid(filter ->> 'channel', 'smallint') then 'channel is none of 0, 1, 41, 42'
    when not pg_input_is_valid(filter ->> 'queue', 'message_center.event_queue') then 'queue is neither rt nor batch'
    when not message_center.is_timestamp(filter ->> 'since') then 'since is not an ISO 8601 date and time'
    when not message_center.is_timestamp(filter ->> 'until') then 'until is not an ISO 8601 date and time'
end;

-- Read a filter. Templates are named as they are published, whatever their versions and languages.
create or replace function message_center.event_filter_of(filter jsonb) returns message_center.event_filter
language plpgsql stable
set timezone = 'UTC'
as $$
declare
    refused constant text := message_center.filter_refusal_reason(filter);
    wanted message_center.event_filter;
begin
    if refused is not null then
        raise exception '%', refused using errcode = 'invalid_parameter_value';
    end if;
    wanted.ids := message_center.filter_values(filter -> 'ids');
    wanted.external_id := filter ->> 'external_id';
    wanted.address := btrim(filter ->> 'address');
    wanted.types := message_center.filter_values(filter -> 'type');
    wanted.statuses := message_center.filter_values(filter -> 'status');
    if filter ->> 'template' is not null then
        wanted.template_ids := array(
            select t.id from message_center.message_template as t
            where t.internal_name = any (message_center.filter_values(filter -> 'template')));
    end if;
    wanted.channel := filter ->> 'channel';
    wanted.queue := filter ->> 'queue';
    wanted.since := filter ->> 'since';
    wanted.until := filter ->> 'until';
    wanted.first_id := coalesce(case when wanted.since is not null then
        message_center.first_id_since(wanted.since) end, 0);
    wanted.last_id := coalesce(case when wanted.until is not null then
        message_center.first_id_since(wanted.until + interval '30 minutes') end, 9223372036854775807);
    return wanted;
end
$$;

-- Whether an event is meant. One expression: with a filter that is known when the statement is planned, what is empty
-- falls away, and the rest finds its index.
create or replace function message_center.event_matches(
    event message_center.event, wanted message_center.event_filter
) returns boolean
language sql stable
return (wanted.ids is null or event.id = any (wanted.ids))
    and event.id >= wanted.first_id
    and event.id <= wanted.last_id
    and (wanted.external_id is null or event.external_id = wanted.external_id)
    and (
        wanted.address is null
        or lower(event.email) = lower(wanted.address)
        or event.mobile_phone = wanted.address
        or event.registration_token = wanted.address
    )
    and (wanted.types is null or event.type = any (wanted.types))
    and (wanted.statuses is null or event.status = any (wanted.statuses))
    and (wanted.template_ids is null or event.template_id = any (wanted.template_ids))
    and (wanted.channel is null or event.wished_channel = wanted.channel)
    and (wanted.queue is null or event.queue = wanted.queue)
    and (wanted.since is null or event.created_at >= wanted.since)
    and (wanted.until is null or event.created_at < wanted.until);
