-- The next events of a channel to be sent, leased to this engine. The columns are those of ClaimedEvent, and the
-- claim's token; ctx as text, since whoever reads it must be able to fail at a single one.
select event_id, queue::text as queue, type, address, language, country, email_format, external_id, origin,
    ctx::text as ctx, created_at, template_id, tries, account, traceparent, claim_token
from message_center.claim_deliveries(%(channel)s::smallint, %(engine)s, %(lease)s, %(max_events)s)
