-- The next events of a type to be enriched, leased to this worker.
select event from message_center.claim_enrichments(%s, %s, %s)
