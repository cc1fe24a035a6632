-- What a caller sees: its own events, and what became of each.
--
-- Planner settings, for the searches:
--   enable_seqscan = off   PostgreSQL takes a BRIN index on an expression for one that leaves nothing out
--   jit = off              see docs/decisions.md

-- The events of a caller: the one place from which what callers call has events, and so the rows of other tables that
-- belong to them. A function that names such a table itself is found by tests/unit/test_own_events.py. A view with a
-- parameter: put into the statement that reads it, which finds its indexes. The event is one column, so that no
-- function is out of date when the table gets another one.
create or replace function message_center.own_events(caller text)
returns table (id bigint, event message_center.event)
language sql stable
begin atomic
    select e.id, e from message_center.event as e where e.caller = own_events.caller;
end;

-- An event with all that happened to it, as its caller may see it.
create or replace function message_center.event_in_full(e message_center.event) returns jsonb
language sql stable
begin atomic
    select to_jsonb(e) - 'id' - 'modified_xid' - 'template_id' - 'caller' - 'replay_of'
        || jsonb_build_object(
            'id', e.id::text,
            'replay_of', e.replay_of::text,
            'deliveries', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'status', l.status, 'engine', l.engine, 'tries', l.tries, 'next_try_at', l.retry_at,
                    'begun_at', l.created_at, 'changed_at', l.modified_at,
                    'failure', m.failure_type, 'failure_reason', m.failure_reason, 'message', m.message
                )), '[]')
                from message_center.delivery_log as l
                left join message_center.delivery_log_message as m on m.id = l.message_id
                where l.event_id = e.id),
            'tracking', (
                select coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'url', u.url, 'at', t.logged_at)
                    order by t.logged_at, t.id), '[]')
                from message_center.tracking_log as t
                left join message_center.tracking_url as u on u.id = t.tracking_url_id
                where t.event_id = e.id));
end;

-- One of a caller's; null: it has none of this id.
create or replace function message_center.event_of(caller text, id bigint) returns jsonb
language sql stable
begin atomic
    select message_center.event_in_full(own.event)
    from message_center.own_events(event_of.caller) as own
    where own.id = event_of.id;
end;

-- An event in a list.
create or replace function message_center.event_in_short(e message_center.event) returns jsonb
language sql stable
return jsonb_build_object(
    'id', e.id::text, 'queue', e.queue, 'type', e.type, 'status', e.status, 'status_reason', e.status_reason,
    'external_id', e.external_id, 'created_at', e.created_at, 'processed_at', e.processed_at,
    'wished_channel', e.wished_channel, 'email', e.email, 'mobile_phone', e.mobile_phone,
    'registration_token', e.registration_token, 'email_format', e.email_format, 'origin', e.origin,
    'language', e.language, 'country', e.country, 'scheduled', e.scheduled, 'expiration', e.expiration);

-- The newest events of a caller by its own id of them. Found first and sorted then: a walk from the newest on would
-- read the whole table for one that is not there. Only what is shown is made into JSON: a mailbox of operators has
-- hundreds of thousands of events.
create or replace function message_center.events_by_external_id(caller text, external_id text, max_events integer)
returns table (event jsonb)
language sql stable
set enable_seqscan = off
set jit = off
begin atomic
    with found as materialized (
        select own.id
        from message_center.own_events(events_by_external_id.caller) as own
        where (own.event).external_id = events_by_external_id.external_id
    ),
    newest as materialized (
        select f.id from found as f order by f.id desc limit max_events
    )
    select message_center.event_in_short(own.event)
    from newest as n
    join message_center.own_events(events_by_external_id.caller) as own on own.id = n.id
    order by n.id desc;
end;

-- The same by an e-mail address, in whatever case, a phone number or a token.
create or replace function message_center.events_by_address(caller text, address text, max_events integer)
returns table (event jsonb)
language sql stable
set enable_seqscan = off
set jit = off
begin atomic
    with found as materialized (
        select own.id
        from message_center.own_events(events_by_address.caller) as own
        where lower((own.event).email) = lower(address)
            or (own.event).mobile_phone = address
            or (own.event).registration_token = address
    ),
    newest as materialized (
        select f.id from found as f order by f.id desc limit max_events
    )
    select message_center.event_in_short(own.event)
    from newest as n
    join message_center.own_events(events_by_address.caller) as own on own.id = n.id
    order by n.id desc;
end;
