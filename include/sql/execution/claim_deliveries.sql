-- The next events of a channel to be sent, leased to this engine. The columns are those of ClaimedEvent.
select event_id, queue::text as queue, type, address, language, country, email_format, external_id, origin, ctx,
    created_at, template_id, tries, account
from message_center.claim_deliveries(%(channel)s::smallint, %(engine)s, %(lease)s, %(max_events)s)
