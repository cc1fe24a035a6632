-- What receivers have answered, and what follows from it: the next try, a pause, the end.
--
-- Planner settings, for all that log_webhook_messages calls: each message is looked up, however many there are.

-- How many failures one after the other are the receiver's, and not the messages'.
create or replace function message_center.webhook_patience() returns integer
language sql immutable
return 5;

-- A second after the first failure, then four times as long each time, two hours at most.
create or replace function message_center.webhook_wait(failures_before integer) returns interval
language sql volatile
return message_center.with_jitter(
    least(interval '1 second' * 4 ^ least(greatest(failures_before, 0), 10), interval '2 hours'));

-- Note for messages of a webhook whether they were taken. A status that has taken a message's place meanwhile is told
-- all the same.
create or replace function message_center.note_told(outcomes jsonb, patience interval) returns void
language sql
begin atomic
    update message_center.webhook_message as m set
        told_at = case when o.error is null then clock_timestamp() end,
        tries = m.tries + 1,
        error = o.error,
        failing_since = case when o.error is not null then coalesce(m.failing_since, clock_timestamp()) end,
        retry_at = case when o.error is not null then clock_timestamp() + message_center.webhook_wait(m.tries) end,
        given_up_at = case when o.error is not null and m.failing_since < clock_timestamp() - patience
            then clock_timestamp() end
    from jsonb_to_recordset(outcomes) as o (
        webhook text, event_id bigint, status message_center.event_status, error text)
    where m.webhook = o.webhook and m.event_id = o.event_id and m.status = o.status and m.told_at is null;
end;

-- Note how receivers answer: how often in a row they failed, and until when to leave them alone. One that has failed
-- for as long as the patience is disabled, and so is one that has gone.
create or replace function message_center.note_receivers(outcomes jsonb, patience interval) returns void
language sql
begin atomic
    with answered as (
        select o.webhook,
            bool_or(o.error is null) as has_taken,
            (count(*) filter (where o.error is not null))::integer as failed,
            (array_agg(o.error order by o.at desc) filter (where o.error is not null))[1] as last_error,
            max(o.pause_seconds) as pause_seconds,
            bool_or(coalesce(o.is_gone, false)) as is_gone
        from jsonb_to_recordset(outcomes) as o (
            webhook text, error text, at float8, pause_seconds float8, is_gone boolean)
        group by o.webhook
    )
    update message_center.webhook as w set
        last_success_at = case when a.has_taken then clock_timestamp() else w.last_success_at end,
        failures = next.failures,
        failing_since = case when not a.has_taken then coalesce(w.failing_since, clock_timestamp()) end,
        last_error = coalesce(a.last_error, w.last_error),
        last_error_at = case when a.last_error is not null then clock_timestamp() else w.last_error_at end,
        -- A pause that was asked for lasts, whatever is answered by what was on its way then.
        retry_at = greatest(
            w.retry_at,
            case when next.failures >= message_center.webhook_patience() then clock_timestamp() + least(
                message_center.webhook_wait(next.failures - message_center.webhook_patience()),
                interval '15 minutes') end,
            clock_timestamp() + interval '1 second' * a.pause_seconds),
        (disabled_at, disabled_reason) = (
            select clock_timestamp(), verdict.reason
            from (
                select case
                    when a.is_gone then 'the receiver has said that it is gone (410)'
                    when not a.has_taken and w.failing_since < clock_timestamp() - patience
                        then format('every try has failed since %s', date_trunc('second', w.failing_since))
                end as reason
            ) as verdict
            where verdict.reason is not null)
    from answered as a
    cross join lateral (
        select w0.name, case when a.has_taken then 0 else w0.failures + a.failed end as failures
        from message_center.webhook as w0 where w0.name = a.webhook
    ) as next
    where w.name = next.name and w.disabled_at is null;
end;

-- Log what became of messages: an array of {"webhook", "event_id", "status", "error", "at", "pause_seconds",
-- "is_gone"}. error is empty for what was taken; at is in whatever seconds, and orders them.
create or replace function message_center.log_webhook_messages(outcomes jsonb, patience interval) returns void
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    -- A receiver that is back gets what it has failed to take at once, and not when that is due; but after what it has
    -- not been asked to take yet, for it may be that it refuses it.
    update message_center.webhook_message as m set retry_at = clock_timestamp()
    where m.told_at is null and m.given_up_at is null and m.retry_at > clock_timestamp()
        and m.webhook in (
            select w.name
            from message_center.webhook as w
            join jsonb_to_recordset(outcomes) as o (webhook text, error text) on o.webhook = w.name
            where o.error is null and w.failures >= message_center.webhook_patience());
    perform message_center.note_told(outcomes, patience);
    perform message_center.note_receivers(outcomes, patience);
    perform message_center.note_counts(jsonb_build_object(
        'told', count(*) filter (where o.error is null), 'failed', count(*) filter (where o.error is not null)))
    from jsonb_to_recordset(outcomes) as o (error text);
end
$$;
