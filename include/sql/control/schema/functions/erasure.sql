-- Erasure in the archive: as message_center.erase_person of the instances does, which have to come first. What
-- they still have they bring again, without the person; here goes what they have purged.
create or replace function archive.erase_person(address text) returns table (what text, erased bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    person constant text := btrim(address);
    literally constant text := '***=' || person;
    events bigint[];
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

    what := 'qualifications';
    update archive.delivery_log_message as m set message = regexp_replace(m.message, literally, 'erased', 'gi')
    where strpos(lower(m.message), lower(person)) > 0;
    get diagnostics erased = row_count;
    return next;

    what := 'tracked links';
    update archive.tracking_url as u set
        url = regexp_replace(u.url, literally, 'erased', 'gi'),
        label = regexp_replace(u.label, literally, 'erased', 'gi')
    where strpos(lower(u.url), lower(person)) > 0 or strpos(lower(u.label), lower(person)) > 0;
    get diagnostics erased = row_count;
    return next;
end
$$;
