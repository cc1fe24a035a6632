-- What webhooks are told, and how long that is remembered.

-- What is to be told to a webhook next, in the order in which it happened, and then what is to be tried again: what a
-- receiver refuses stands in the way of nothing. At most max_messages, none of the events whose messages are on their
-- way. One whose receiver fails is tried with one message at a time.
--
-- Planner settings: each message's event is looked up, however many wait.
create or replace function message_center.next_webhook_messages(
    webhook_name text, on_their_way bigint[], max_messages integer
)
returns table (event_id bigint, status text, changed_at timestamptz, data text)
language sql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
begin atomic
    select m.event_id, m.status, m.changed_at, m.data
    from (
        select
            w.name,
            case when w.failures < message_center.webhook_patience() then max_messages
                else 1 - least(cardinality(on_their_way), 1) end as max_messages
        from message_center.webhook as w
        where w.name = webhook_name
            and w.removed_at is null
            and w.disabled_at is null
            and (w.retry_at is null or w.retry_at <= clock_timestamp())
    ) as hook
    cross join lateral (
        select this.event_id, this.status, this.changed_at, this.retry_at,
            json_build_object(
                'id', e.id::text,
                'external_id', e.external_id,
                'type', e.type,
                'queue', e.queue,
                'channel', e.wished_channel,
                'status', this.status,
                'status_reason', case when e.status = this.status then e.status_reason end,
                'caller', e.caller,
                'origin', e.origin,
                'replay_of', e.replay_of::text,
                'created_at', e.created_at,
                'processed_at', e.processed_at,
                'status_at', this.changed_at
            )::text as data
        from message_center.webhook_message as this
        -- What was deleted has nothing to be told of, and takes nobody's place.
        join message_center.event as e on e.queue = this.queue and e.id = this.event_id
        where this.webhook = hook.name
            and this.told_at is null
            and this.given_up_at is null
            and (this.retry_at is null or this.retry_at <= clock_timestamp())
            and this.event_id <> all (on_their_way)
        order by this.retry_at nulls first, this.changed_at, this.event_id
        limit hook.max_messages
    ) as m
    order by m.retry_at nulls first, m.changed_at, m.event_id;
end;

-- Forget what was told and what was given up a while ago, what waits of events that have been purged meanwhile, and
-- webhooks that have been gone for as long. Bounded: again and again. By now(), since clock_timestamp() is no bound of
-- an index: what is not that old would be walked over each time.
create or replace function message_center.forget_webhook_messages(kept interval, max_rows integer) returns void
language sql
begin atomic
    delete from message_center.webhook_message as m
    using (
        select old.webhook, old.event_id from message_center.webhook_message as old
        where old.told_at < now() - kept
        order by old.told_at
        limit max_rows
    ) as told
    where m.webhook = told.webhook and m.event_id = told.event_id and m.told_at is not null;

    delete from message_center.webhook_message as m where m.given_up_at < now() - kept;

    delete from message_center.webhook_message as m
    where m.told_at is null
        and m.given_up_at is null
        -- No event is purged before it is a day old.
        and m.changed_at < clock_timestamp() - interval '1 day'
        and not exists (select from message_center.event as e where e.queue = m.queue and e.id = m.event_id);

    delete from message_center.webhook as w where w.removed_at < clock_timestamp() - kept;
end;
