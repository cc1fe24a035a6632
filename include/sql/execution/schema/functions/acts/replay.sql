-- Replay: new events with the content of old ones, which they name. They come in by the one door, so that limits, the
-- stop of an event type, quarantine and whatever else hold for them as for any other. What was scheduled goes now; an
-- expiration that is past is left out.

-- What is pushed for an event that was purged here, and comes from the archive; and for one that is here.
create or replace function message_center.replay_of(event jsonb) returns jsonb
language sql stable
return jsonb_build_object('replay_of', event -> 'id', 'expiration',
    case when (event ->> 'expiration')::timestamptz > clock_timestamp() then event -> 'expiration' end)
    || (event - array(
        select key from jsonb_object_keys(event) as key
        where key <> all (array['type', 'wished_channel', 'email', 'mobile_phone', 'registration_token', 'external_id',
            'origin', 'language', 'country', 'email_format', 'ctx'])
    ));

-- Push the replays of a set of events, each once in an act. Returns how many came in.
--   events   as rows of the table are as JSON
create or replace function message_center.push_replays(act uuid, events jsonb[]) returns integer
language plpgsql as $$
declare
    wanted record;
    ids bigint[];
    contents json;
begin
    -- They are their caller's again.
    for wanted in
        select distinct e.event ->> 'queue' as queue, e.event ->> 'caller' as caller from unnest(events) as e (event)
    loop
        with old as (
            select (e.event ->> 'id')::bigint as id, e.event
            from unnest(events) as e (event)
            where e.event ->> 'queue' = wanted.queue and e.event ->> 'caller' is not distinct from wanted.caller
        ),
        taken as (
            insert into message_center.operator_act_event (act, event_id)
            select push_replays.act, old.id from old order by old.id
            on conflict do nothing
            returning event_id
        )
        select array_agg(old.id order by old.id), json_agg(message_center.replay_of(old.event) order by old.id)
        into ids, contents
        from taken join old on old.id = taken.event_id;
        update message_center.operator_act_event as a set new_event_id = p.id, refused = p.reason
        from message_center.take_in(
            wanted.queue::message_center.event_queue, coalesce(contents, '[]'), wanted.caller) as p
        where a.act = push_replays.act and a.event_id = ids[p.position];
    end loop;
    return (
        select count(*)
        from unnest(events) as e (event)
        join message_center.operator_act_event as a
            on a.act = push_replays.act and a.event_id = (e.event ->> 'id')::bigint
        where a.new_event_id is not null
    );
end
$$;

-- Replay events of this instance that are at their end. See cancel_events.
create or replace function message_center.replay_events(
    act uuid, requested_by text, reason text, filter jsonb, max_events integer default 1000,
    out done integer, out total bigint, out more boolean
)
language plpgsql
set lock_timeout = '2s'
as $$
declare
    this constant message_center.operator_act :=
        message_center.begin_act('replay', act, requested_by, reason, filter, null);
    ids constant bigint[] := message_center.next_of_act(
        this, message_center.event_filter_of(filter), least(max_events, 10000));
begin
    select p.done, p.total, p.more into done, total, more
    from message_center.note_pass(this, ids, message_center.push_replays(this.act, array(
        select to_jsonb(e) from message_center.event as e where e.id = any (ids)))) as p;
end
$$;

-- Replay events that this instance has purged, from what the archive has of them: rows of archive.event as JSON. What
-- is here still is left to replay_events, which comes first: what is purged meanwhile is in the archive.
--   up_to   the id up to which the archive has been looked through, noted for a call that goes on
create or replace function message_center.replay_archived_events(
    act uuid, requested_by text, reason text, filter jsonb, events jsonb, up_to bigint,
    out done integer, out total bigint
)
language plpgsql
set lock_timeout = '2s'
as $$
declare
    this constant message_center.operator_act :=
        message_center.begin_act('replay', act, requested_by, reason, filter, null);
begin
    done := message_center.push_replays(this.act, array(
        select e.event
        from jsonb_array_elements(events) as e (event)
        where (e.event ->> 'id')::bigint <= this.last_id
            and not exists (
                select from message_center.event as here where here.id = (e.event ->> 'id')::bigint)
            and not exists (
                select from message_center.operator_act_event as a
                where a.act = this.act and a.event_id = (e.event ->> 'id')::bigint)
    ));
    update message_center.operator_act as a set
        done = a.done + replay_archived_events.done,
        archived_after_id = greatest(a.archived_after_id, up_to)
    where a.id = this.id
    returning a.done into total;
end
$$;
