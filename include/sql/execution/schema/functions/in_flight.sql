-- What calls of 0.1.0 need that are under way while a migration commits: they go on with the body that they began with,
-- and look the functions that it calls up anew. To be dropped by a migration of the next release.

create or replace function message_center.claim_decision(
    stopped_reason text, expiration timestamptz, quarantine_id bigint, tries smallint, max_tries smallint
) returns message_center.event_status
language sql
return message_center.claim_decision(0, stopped_reason, expiration, quarantine_id, tries, max_tries);

create or replace function message_center.settled_message(
    status message_center.event_status, stopped_type text, stopped_reason text
) returns bigint
language sql
return message_center.settled_message(status, 0, stopped_type, stopped_reason);

create or replace function message_center.claim_fresh(
    channel smallint, engine text, lease interval, max_events integer,
    inout cursor message_center.queue_cursor, out claims bigint[], out settled integer, out more boolean
)
language plpgsql as $$
declare
    step record := message_center.claim_fresh(channel, engine, lease, max_events, cursor, '{}');
begin
    cursor := step.cursor;
    claims := step.claims;
    settled := step.settled;
    more := step.more;
end
$$;

create or replace function message_center.judge_outcomes(writer text, outcomes json)
returns message_center.delivery_outcome[]
language sql
return message_center.judge_outcomes(writer, message_center.read_outcomes(outcomes));
