-- Sessions that migrate one database take turns. However long it takes: each of them is bounded by lock_timeout.sql.
select pg_advisory_xact_lock(hashtext('message_center'), hashtext('migrate'))
