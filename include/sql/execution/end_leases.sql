-- Let some claims of this session's owner be had by anybody.
update message_center.delivery_log
set retry_at = clock_timestamp()
where status = 'Pending delivery'
    and owner = message_center.owner_of_session()
    and claim_token = any(%(tokens)s)
