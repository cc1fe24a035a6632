-- The next events of a type to be enriched, leased to this worker.
select event_id, event::text from message_center.claim_enrichments(%s, %s, %s)
