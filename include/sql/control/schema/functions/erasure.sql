-- A text without a person's address: as message_center.without_address of an instance.
create or replace function archive.without_address(told text, address text) returns text
language sql immutable
return regexp_replace(told, '***=' || address, 'erased', 'gi');

-- The filter of an act without a person: as message_center.act_filter_without of an instance.
create or replace function archive.act_filter_without(filter jsonb, person text, external_ids text[]) returns jsonb
language sql immutable
return (
    select jsonb_object_agg(each.key, case
        when each.key = 'external_id' and each.value #>> '{}' = any (external_ids) then '"erased"'
        when jsonb_typeof(each.value) = 'string'
            then to_jsonb(archive.without_address(each.value #>> '{}', person))
        when jsonb_typeof(each.value) = 'array' and each.key <> 'ids' then (
            select jsonb_agg(archive.without_address(one.text, person) order by one.position)
            from jsonb_array_elements_text(each.value) with ordinality as one (text, position))
        else each.value
    end)
    from jsonb_each(filter) as each
);

-- Where engines, servers and operators have named a person.
create or replace function archive.erase_mentions(person text, external_ids text[])
returns table (what text, erased bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    what := 'qualifications';
    update archive.delivery_log_message as m set message = archive.without_address(m.message, person)
    where strpos(lower(m.message), lower(person)) > 0;
    get diagnostics erased = row_count;
    return next;

    what := 'tracked links';
    update archive.tracking_url as u set
        url = archive.without_address(u.url, person),
        label = archive.without_address(u.label, person)
    where strpos(lower(u.url), lower(person)) > 0 or strpos(lower(u.label), lower(person)) > 0;
    get diagnostics erased = row_count;
    return next;

    what := 'operator acts';
    update archive.operator_act as a set
        filter = told.filter,
        reason = told.reason,
        extra = null
    from archive.operator_act as was
    cross join lateral (
        select archive.act_filter_without(was.filter, person, external_ids),
            archive.without_address(was.reason, person)
    ) as told (filter, reason)
    where a.id = was.id and (told.filter, told.reason) is distinct from (was.filter, was.reason);
    get diagnostics erased = row_count;
    return next;
end
$$;

-- Erasure in the archive: as message_center.erase_person of the instances does, which have to come first. What
-- they still have they bring again, without the person; here goes what they have purged.
create or replace function archive.erase_person(address text) returns table (what text, erased bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    person constant text := btrim(address);
    events bigint[];
    external_ids text[];
begin
    if coalesce(length(person), 0) < 4 or person = 'erased' then
        raise exception 'this is no address of a person' using errcode = 'invalid_parameter_value';
    end if;
    events := array(
        select e.id from archive.event as e
        -- By the beginnings first, of which there are indexes.
        where (left(lower(e.email), 320) = left(lower(person), 320) or left(e.mobile_phone, 320) = left(person, 320)
                or left(e.registration_token, 320) = left(person, 320))
            and (lower(e.email) = lower(person) or person in (e.mobile_phone, e.registration_token)));

    external_ids := array(
        select e.external_id from archive.event as e where e.id = any (events) and e.external_id is not null);

    what := 'delivery logs';
    update archive.delivery_log as l set address = 'erased', extra = null
    where (l.event_id = any (events) or lower(l.address) = lower(person)) and l.address <> 'erased';
    get diagnostics erased = row_count;
    return next;

    what := 'events';
    update archive.event as e set
        email = case e.wished_channel when 0 then 'erased' end,
        mobile_phone = case e.wished_channel when 1 then 'erased' end,
        registration_token = case when e.wished_channel in (41, 42) then 'erased' end,
        external_id = null,
        ctx = '{}',
        idempotency_key = null,
        status_reason = 'erased',
        extra = null
    where e.id = any (events);
    get diagnostics erased = row_count;
    return next;

    return query select m.what, m.erased from archive.erase_mentions(person, external_ids) as m;
end
$$;
