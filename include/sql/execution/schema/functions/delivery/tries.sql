-- What is kept of the outcomes that others follow, in the log itself: so it goes into the archive with it. Their logs
-- are locked.

-- What a log says, as one of its earlier tries.
create or replace function message_center.as_try(log message_center.delivery_log) returns jsonb
language sql immutable
return jsonb_build_array(jsonb_build_object('tried_at', log.modified_at, 'status', log.status,
    'message_id', log.message_id, 'engine', log.engine));

-- Before the logs change: of what was sent, and now fails.
create or replace function message_center.note_bounces(outcomes message_center.delivery_outcome[]) returns void
language sql
begin atomic
    update message_center.delivery_log as l set
        earlier_tries = coalesce(l.earlier_tries, '[]') || message_center.as_try(l)
    from unnest(outcomes) as o
    where l.event_id = o.event_id and o.refused is null and o.status = 'Delivery failed' and l.status = 'Sent';
end;

-- After: of what failed, and is to be tried again.
create or replace function message_center.note_tries(outcomes message_center.delivery_outcome[]) returns void
language sql
begin atomic
    update message_center.delivery_log as l set
        earlier_tries = coalesce(l.earlier_tries, '[]') || message_center.as_try(l)
    from unnest(outcomes) as o
    where l.event_id = o.event_id
        and o.refused is null
        and o.status = 'Pending delivery'
        and o.failure_type is not null;
end;
