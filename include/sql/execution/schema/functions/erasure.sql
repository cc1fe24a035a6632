-- Erasure: what is known of a person goes, by address; that there was an event, and what became of it, stays.

-- What engines and servers have said has the address in it, too: such a qualification gives way to one without.
create or replace function message_center.erase_qualifications(address text) returns bigint
language plpgsql as $$
declare
    told message_center.delivery_log_message;
    kept_id bigint;
    erased bigint := 0;
begin
    for told in
        select * from message_center.delivery_log_message as m
        where strpos(lower(m.message), lower(address)) > 0
        order by m.id
    loop
        kept_id := message_center.qualification(
            told.failure_type, told.failure_reason, message_center.without_address(told.message, address));
        update message_center.delivery_log as l set message_id = kept_id where l.message_id = told.id;
        update message_center.delivery_log as l set earlier_tries = (
            select jsonb_agg(
                case when t.value -> 'message_id' = to_jsonb(told.id)
                    then t.value || jsonb_build_object('message_id', kept_id) else t.value end order by t.ordinality)
            from jsonb_array_elements(l.earlier_tries) with ordinality as t)
        where l.earlier_tries @> jsonb_build_array(jsonb_build_object('message_id', told.id));
        update message_center.quarantine as q set message_id = kept_id where q.message_id = told.id;
        -- It stays as a row, because an engine may be about to refer to it.
        update message_center.delivery_log_message as m set message = 'erased ' || m.id where m.id = told.id;
        erased := erased + 1;
    end loop;
    return erased;
end
$$;

-- What was sent to an address, or for these events. What is not sent yet is not sent any more.
create or replace function message_center.erase_delivery_logs(person text, events bigint[]) returns bigint
language plpgsql as $$
declare
    erased bigint;
begin
    -- In the order of the events, as engines lock them.
    perform from message_center.delivery_log as l
    where l.event_id = any (events) or lower(l.address) = lower(person)
    order by l.event_id
    for update;
    update message_center.delivery_log as l set
        address = 'erased',
        status = case l.status when 'Pending delivery' then 'Ignored by the delivery' else l.status end,
        message_id = case l.status
            when 'Pending delivery' then message_center.qualification('ignored', 0::smallint, 'erased')
            else l.message_id
        end,
        retry_at = null
    where (l.event_id = any (events) or lower(l.address) = lower(person)) and l.address <> 'erased';
    get diagnostics erased = row_count;
    return erased;
end
$$;

-- These events. After their delivery logs, whose status they get if they are not at their end.
create or replace function message_center.erase_events(events bigint[]) returns bigint
language plpgsql as $$
declare
    groups message_center.outcome_group[];
    erased bigint;
begin
    perform from message_center.event as e where e.id = any (events) order by e.id for update;
    -- What no window will see any more has come in all the same.
    insert into message_center.statistic_step (minute, queue, events_in)
    select date_trunc('minute', e.created_at), e.queue, count(*)
    from message_center.event as e
    where e.id = any (events) and e.status = 'Pending' and e.process_requested_on is null
    group by 1, 2;

    with changed as (
        update message_center.event as e set
            email = case e.wished_channel when 0 then 'erased' end,
            mobile_phone = case e.wished_channel when 1 then 'erased' end,
            registration_token = case when e.wished_channel in (41, 42) then 'erased' end,
            external_id = null,
            ctx = '{}',
            idempotency_key = null,
            status = case e.status
                when 'Pending' then 'Event not taken into account'
                when 'Pending delivery' then coalesce(
                    (select l.status from message_center.delivery_log as l where l.event_id = e.id),
                    'Ignored by the delivery')
                else e.status
            end,
            status_reason = 'erased'
        where e.id = any (events)
        returning e.queue, e.status, (
            select before.status from message_center.event as before
            where before.queue = e.queue and before.id = e.id) as was
    )
    select (select count(*) from changed), array_agg(g.outcomes) into erased, groups
    from (
        select row(c.queue, c.status, false, null, null, count(*), null, null)::message_center.outcome_group as outcomes
        from changed as c
        where c.status <> c.was
        group by c.queue, c.status
    ) as g;
    perform message_center.note_outcomes(groups);
    return erased;
end
$$;

-- Erase a person by an address: an e-mail address in whatever case, a phone number or a token. Returns how many rows of
-- each kind had to do with the person; again, it finds none. The address stays in quarantine if it is there: that is
-- what keeps it from being used.
create or replace function message_center.erase_person(address text) returns table (what text, erased bigint)
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
    -- Locked before their delivery logs, as engines do: what is claimed in the meantime has its log by then.
    events := array(
        select e.id from message_center.event as e
        where lower(e.email) = lower(person) or e.mobile_phone = person or e.registration_token = person
        order by e.id
        for no key update);

    external_ids := array(
        select e.external_id from message_center.event as e where e.id = any (events) and e.external_id is not null);

    what := 'delivery logs';
    erased := message_center.erase_delivery_logs(person, events);
    return next;

    what := 'idempotency keys';
    delete from message_center.idempotency_key as k
    using message_center.event as e
    where e.id = any (events) and k.caller = coalesce(e.caller, '') and k.key = e.idempotency_key;
    get diagnostics erased = row_count;
    return next;

    what := 'events';
    erased := message_center.erase_events(events);
    return next;

    what := 'qualifications';
    erased := message_center.erase_qualifications(person);
    return next;

    return query select m.what, m.erased from message_center.erase_mentions(person, external_ids) as m;
end
$$;
