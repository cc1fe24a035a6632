-- Bring the webhooks up to their connections.
select message_center.set_webhooks(%(webhooks)s::jsonb)
