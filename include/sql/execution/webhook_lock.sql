-- One window at a time tells the webhooks, for as long as its session lasts: two would tell an event's statuses out of
-- their order.
select pg_try_advisory_lock(hashtext('message_center'), hashtext('deliverWebhooks.telling'))
