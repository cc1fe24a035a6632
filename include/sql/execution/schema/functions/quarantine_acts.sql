-- What people do with the quarantine, as acts: one or many addresses, recorded with who and why.

-- Note an act on addresses. False: it was asked for before, and is done.
create or replace function message_center.note_address_act(
    kind message_center.act_kind, act uuid, requested_by text, reason text, channel integer, addresses text[]
) returns boolean
language plpgsql as $$
begin
    if cardinality(addresses) > 10000 then
        raise exception 'an act has at most 10,000 addresses' using errcode = 'program_limit_exceeded';
    end if;
    return message_center.note_act_at_once(
        kind, act, requested_by, reason, jsonb_build_object('channel', channel, 'addresses', to_jsonb(addresses)),
        cardinality(addresses));
end
$$;

-- Send nothing more to these addresses. Returns how many of them were not in quarantine yet.
create or replace function message_center.quarantine_addresses(
    act uuid, requested_by text, reason text, channel integer, addresses text[]
) returns integer
language plpgsql as $$
declare
    qualified bigint;
    taken integer;
begin
    if not message_center.note_address_act('quarantine', act, requested_by, reason, channel, addresses) then
        return message_center.note_act_done(act, 0);
    end if;
    qualified := message_center.qualification('ignored', 0, 'by ' || requested_by || ': ' || reason);
    insert into message_center.quarantine (wished_channel, address, message_id)
    select distinct channel, form.address, qualified
    from unnest(addresses) as given (address)
    cross join lateral message_center.quarantine_form(channel::smallint, btrim(given.address)) as form (address)
    order by form.address
    on conflict (wished_channel, address) do nothing;
    get diagnostics taken = row_count;
    return message_center.note_act_done(act, taken);
end
$$;

-- Let these addresses be used again. Returns how many of them were in quarantine.
create or replace function message_center.release_addresses(
    act uuid, requested_by text, reason text, channel integer, addresses text[]
) returns integer
language plpgsql as $$
declare
    taken integer;
begin
    if not message_center.note_address_act('release', act, requested_by, reason, channel, addresses) then
        return message_center.note_act_done(act, 0);
    end if;
    delete from message_center.quarantine as q
    where q.wished_channel = channel
        and q.address in (
            select message_center.quarantine_form(channel::smallint, btrim(given.address))
            from unnest(addresses) as given (address));
    get diagnostics taken = row_count;
    return message_center.note_act_done(act, taken);
end
$$;
