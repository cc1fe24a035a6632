-- Tell a webhook again what has changed since a moment.
select message_center.replay_webhook(%(act)s, %(requested_by)s, %(reason)s, %(webhook)s, %(since)s)
