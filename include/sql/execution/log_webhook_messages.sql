-- Log what receivers have answered.
select message_center.log_webhook_messages(%(outcomes)s::jsonb, %(patience)s)
