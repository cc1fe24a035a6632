-- What is tried again comes behind what was not tried yet.
drop index message_center.webhook_message_waiting;
create index webhook_message_waiting
    on message_center.webhook_message (webhook, retry_at nulls first, changed_at, event_id)
    where told_at is null and given_up_at is null;
