-- Let some claims of this session's owner be had by anybody.
select message_center.let_go_claims(%(tokens)s)
