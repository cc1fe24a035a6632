-- Erasure of a person where rows that are about something else name them.

-- A text without an address in it, in whatever case. A pattern that begins with ***= is no pattern, but what follows.
create or replace function message_center.without_address(told text, address text) returns text
language sql immutable
return regexp_replace(told, '***=' || address, 'erased', 'gi');

-- The filter of an act without a person. Ids are numbers, of which an address could be a part.
create or replace function message_center.act_filter_without(filter jsonb, person text, external_ids text[])
returns jsonb
language sql immutable
return (
    select jsonb_object_agg(each.key, case
        when each.key = 'external_id' and each.value #>> '{}' = any (external_ids) then '"erased"'
        when jsonb_typeof(each.value) = 'string'
            then to_jsonb(message_center.without_address(each.value #>> '{}', person))
        when jsonb_typeof(each.value) = 'array' and each.key <> 'ids' then (
            select jsonb_agg(message_center.without_address(one.text, person) order by one.position)
            from jsonb_array_elements_text(each.value) with ordinality as one (text, position))
        else each.value
    end)
    from jsonb_each(filter) as each
);

-- Where people and systems have named a person: what they clicked on, acts, and what was rejected of a file, of which
-- that there was something stays. What is rejected is as its file has it, and so within a string of JSON.
--   external_ids   by which senders know the person's events
create or replace function message_center.erase_mentions(person text, external_ids text[])
returns table (what text, erased bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    what := 'tracked links';
    update message_center.tracking_url as u set
        url = message_center.without_address(u.url, person),
        label = message_center.without_address(u.label, person)
    where strpos(lower(u.url), lower(person)) > 0 or strpos(lower(u.label), lower(person)) > 0;
    get diagnostics erased = row_count;
    return next;

    what := 'operator acts';
    update message_center.operator_act as a set
        filter = told.filter,
        reason = told.reason
    from message_center.operator_act as was
    cross join lateral (
        select message_center.act_filter_without(was.filter, person, external_ids),
            message_center.without_address(was.reason, person)
    ) as told (filter, reason)
    where a.id = was.id and (told.filter, told.reason) is distinct from (was.filter, was.reason);
    get diagnostics erased = row_count;
    return next;

    what := 'rejected records';
    update message_center.rejected_record as r set
        told = format('{"line": %s, "reason": "erased", "record": "erased"}', substring(r.told from '"line": (\d+)'))
    where strpos(lower(r.told), lower(btrim(to_json(person)::text, '"'))) > 0;
    get diagnostics erased = row_count;
    return next;
end
$$;
