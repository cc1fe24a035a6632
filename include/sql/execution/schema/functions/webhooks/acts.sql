-- What people do with webhooks, as acts: recorded with who and why.

create or replace function message_center.refuse_unknown_webhook(webhook text) returns void
language plpgsql as $$
begin
    perform from message_center.webhook as w where w.name = webhook;
    if not found then
        raise exception 'there is no webhook "%"', webhook using errcode = 'no_data_found',
            hint = 'Its Airflow connection makes it, once a window of deliverWebhooks has begun.';
    end if;
end
$$;

-- Let a webhook be told again at once, from where it stood: one that was disabled, or whose receiver is back before the
-- next try.
create or replace function message_center.resume_webhook(act uuid, requested_by text, reason text, webhook text)
returns void
language plpgsql as $$
begin
    perform message_center.refuse_unknown_webhook(webhook);
    if message_center.note_act_at_once(
        'resume_webhook', act, requested_by, reason, jsonb_build_object('webhook', webhook), 1)
    then
        update message_center.webhook as w set
            failures = 0, failing_since = null, retry_at = null, disabled_at = null, disabled_reason = null
        where w.name = resume_webhook.webhook;
        update message_center.webhook_message as m set retry_at = clock_timestamp()
        where m.webhook = resume_webhook.webhook and m.told_at is null and m.retry_at > clock_timestamp();
        perform message_center.note_act_done(act, 1);
        perform message_center.wake_up('deliverWebhooks');
    end if;
end
$$;

-- Tell a webhook again, under the same ids, the status of every event that has changed since a moment. What it has not
-- been told yet is told, too.
create or replace function message_center.replay_webhook(
    act uuid, requested_by text, reason text, webhook text, since timestamptz
) returns void
language plpgsql as $$
begin
    perform message_center.refuse_unknown_webhook(webhook);
    if since is null then
        raise exception 'since is missing' using errcode = 'invalid_parameter_value';
    elsif message_center.note_act_at_once(
        'replay_webhook', act, requested_by, reason, jsonb_build_object('webhook', webhook, 'since', since), 1)
    then
        update message_center.webhook as w set
            since = least(w.since, replay_webhook.since), is_replay = true, was_seen = coalesce(w.was_seen, w.seen),
            seen = null, passing = null, after_xid = '0', after_id = 0
        where w.name = replay_webhook.webhook;
        perform message_center.note_act_done(act, 1);
        perform message_center.wake_up('deliverWebhooks');
    end if;
end
$$;
