-- What tells an event from another one with the same key.
create or replace function message_center.content_digest(queue message_center.event_queue, event jsonb) returns bytea
language sql immutable
return sha256(convert_to(queue::text || (event - 'traceparent')::text, 'UTF8'));

-- Give each event with an idempotency key the id that the key stands for: the same key and content is the same
-- event, pushed again; the same key with other content is refused. Each caller has keys of its own. A trace is no
-- content: each try has another.
create or replace function message_center.settle_idempotency_keys(
    wanted_queue message_center.event_queue, pushed message_center.pushed_event[], owner text
) returns message_center.pushed_event[]
language plpgsql as $$
declare
    settled message_center.pushed_event[];
begin
    loop
        -- In the order of the keys, so that two callers with the same keys never lock each other out.
        insert into message_center.idempotency_key (caller, key, event_id, content)
        select distinct on (p.event ->> 'idempotency_key')
            owner, p.event ->> 'idempotency_key', p.id, message_center.content_digest(wanted_queue, p.event)
        from unnest(pushed) as p
        where p.reason is null and p.event ->> 'idempotency_key' <> ''
        order by p.event ->> 'idempotency_key', p.position
        on conflict (caller, key) do nothing;

        settled := array(
            select row(
                p.position, p.event,
                case when p.event ->> 'idempotency_key' is distinct from '' and same.content
                    then coalesce(k.event_id, p.id) end,
                -- All who have none to give would share it.
                case when p.event ->> 'idempotency_key' = '' then coalesce(p.reason, 'idempotency_key is empty')
                    when same.content then p.reason
                    else format('idempotency_key "%s" was used for another event', k.key) end,
                -- Only the push that made the key's row inserts the event, and only once.
                case when p.reason is null and p.event ->> 'idempotency_key' <> ''
                    then k.event_id <> p.id else false end
            )::message_center.pushed_event
            from unnest(pushed) as p
            left join message_center.idempotency_key as k
                on p.reason is null and k.caller = owner and k.key = p.event ->> 'idempotency_key'
            cross join lateral (
                select k.content is null or k.content = message_center.content_digest(wanted_queue, p.event)
            ) as same (content)
            order by p.position
        );
        -- A key that was there, and whose event was purged before it was looked at, is free: take it.
        exit when not exists (select from unnest(settled) as s where s.is_known is null);
    end loop;
    return settled;
end
$$;
