-- One supervision at a time, for the transaction. Two would tell everything twice.
select pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('supervision'))
