-- Push events together; one by one where they are refused together, as by a trigger of somebody's own: a bad one harms
-- none beside it, and all is one transaction.
create or replace function message_center.take_in_or_refuse(
    queue message_center.event_queue, events json, caller text
) returns jsonb
language plpgsql as $$
declare
    answer jsonb := '[]';
    element json;
begin
    select coalesce(jsonb_agg(jsonb_build_object('id', r.id::text, 'reason', r.reason) order by r."position"), '[]')
    into answer
    from message_center.take_in(queue, events, caller) as r;
    return answer;
exception
    when data_exception or integrity_constraint_violation or raise_exception then
        if json_array_length(events) = 1 then
            return jsonb_build_array(jsonb_build_object('reason', 'not storable: ' || sqlerrm));
        end if;
        for element in select e.value from json_array_elements(events) with ordinality as e order by e.ordinality loop
            answer := answer || message_center.take_in_or_refuse(queue, json_build_array(element), caller);
        end loop;
        return answer;
end
$$;

-- Push a call of several events that has an idempotency key of its own: made again, it gets the first answer. The key
-- of another call is refused (unique_violation), and that of a call that is still under way, too (MC001: none of those
-- that pass by themselves, for which a door would take an instance that is away).
create or replace function message_center.push_keyed_call(
    caller text, queue message_center.event_queue, events json, key text
) returns jsonb
language plpgsql
set timezone = 'UTC'
as $$
declare
    digest constant bytea := sha256(convert_to(queue::text || events::text, 'UTF8'));
    known message_center.keyed_call;
    answer jsonb;
begin
    if not pg_try_advisory_xact_lock(hashtextextended(caller || ' ' || key, 0)) then
        raise exception 'the call with this Idempotency-Key is still under way' using errcode = 'MC001';
    end if;
    select * into known
    from message_center.keyed_call as c
    where c.caller = push_keyed_call.caller and c.key = push_keyed_call.key;
    if known.content = digest then
        return known.answer;
    elsif known.content is not null then
        raise exception 'this Idempotency-Key was used for another call' using errcode = 'unique_violation';
    end if;

    answer := message_center.take_in_or_refuse(queue, events, caller);
    insert into message_center.keyed_call (caller, key, content, answer) values (caller, key, digest, answer);
    return answer;
end
$$;
