-- The account that this database is registered by; null for none yet.
select account from message_center.instance
