-- Hold the claims of this session under an engine's number, a new one if it has none yet.
select message_center.hold_claims(%(owner)s::integer)
