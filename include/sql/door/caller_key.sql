-- Whose key it is, and whether it is good: one that is over keeps its id.
select k.caller, k.digest, not k.is_session and (k.expires_at is null or k.expires_at > clock_timestamp())
from message_center.caller_key as k
where k.id = %s
