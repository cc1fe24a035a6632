-- What is to be told to a webhook next.
select event_id, status, changed_at, data
from message_center.next_webhook_messages(%(webhook)s, %(on_their_way)s, %(max_messages)s)
