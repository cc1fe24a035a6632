-- Erasure of a person where rows that are about something else name them.

-- Where people and systems have named a person: what they clicked on, acts, and what was rejected of a file, of which
-- that there was something stays. What is rejected is as its file has it, and so within a string of JSON.
create or replace function message_center.erase_mentions(person text) returns table (what text, erased bigint)
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
        filter = message_center.without_address(a.filter::text, person)::jsonb,
        reason = message_center.without_address(a.reason, person)
    where strpos(lower(a.filter::text), lower(person)) > 0 or strpos(lower(a.reason), lower(person)) > 0;
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
