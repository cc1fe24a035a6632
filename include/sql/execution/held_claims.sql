-- The tokens of the claims that this session's owner still has.
select held_claims from message_center.held_claims(%(lease)s)
