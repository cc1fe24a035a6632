-- Qualifications: why messages were not sent. The few that there are repeat without end.

-- The id of a qualification, which is new the first time only. No session waits for another one that has just made the
-- same and not committed: then there are two.
create or replace function message_center.qualification(
    failure_type message_center.failure_type, failure_reason smallint, message text
) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    wanted_type alias for failure_type;
    wanted_reason alias for failure_reason;
    wanted_message alias for message;
    found_id bigint;
begin
    select m.id into found_id
    from message_center.delivery_log_message as m
    where m.message = wanted_message and m.failure_type = wanted_type and m.failure_reason = wanted_reason
    order by m.id
    limit 1;
    if not found then
        insert into message_center.delivery_log_message (failure_type, failure_reason, message)
        values (wanted_type, wanted_reason, wanted_message)
        returning id into found_id;
    end if;
    return found_id;
end
$$;

create or replace function message_center.qualification(
    failure_type message_center.failure_type, failure_reason integer, message text
) returns bigint
language sql
return message_center.qualification(failure_type, failure_reason::smallint, message);

-- Why a claim that needs no engine any more was settled; null for one that goes to an engine, and for one that expired.
create or replace function message_center.settled_message(
    status message_center.event_status, event_id bigint, stopped_type text, stopped_reason text
) returns bigint
language sql
return case status
    when 'Ignored by the delivery' then message_center.qualification(
        'ignored', 0, case when event_id is null then 'the event was deleted'
            else coalesce(message_center.reason_of_stop(stopped_type, stopped_reason), 'address in quarantine') end)
    when 'Delivery failed' then message_center.qualification('soft', 3, 'given up after the maximum number of tries')
end;
