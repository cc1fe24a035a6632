-- Forget what was told a while ago.
select message_center.forget_webhook_messages(%(kept)s, %(max_rows)s)
