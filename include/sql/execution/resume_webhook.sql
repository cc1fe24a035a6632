-- Let a webhook be told again, from where it stood.
select message_center.resume_webhook(%(act)s, %(requested_by)s, %(reason)s, %(webhook)s)
