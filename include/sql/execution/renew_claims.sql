-- Let the leases of this session's owner begin anew.
select message_center.renew_claims(%(lease)s)
