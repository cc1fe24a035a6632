-- What is kept of the outcomes that others follow. Their delivery logs are locked.

-- Before the logs change: of what was sent, and now fails.
create or replace function message_center.note_bounces(outcomes message_center.delivery_outcome[]) returns void
language sql
begin atomic
    insert into message_center.delivery_try (event_id, tried_at, status, message_id, engine)
    select l.event_id, l.modified_at, l.status, l.message_id, l.engine
    from unnest(outcomes) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    where o.refused is null and o.status = 'Delivery failed' and l.status = 'Sent';
end;

-- After: of what failed, and is to be tried again.
create or replace function message_center.note_tries(outcomes message_center.delivery_outcome[]) returns void
language sql
begin atomic
    insert into message_center.delivery_try (event_id, tried_at, status, message_id, engine)
    select l.event_id, l.modified_at, l.status, l.message_id, l.engine
    from unnest(outcomes) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    where o.refused is null and o.status = 'Pending delivery' and o.failure_type is not null;
end;
