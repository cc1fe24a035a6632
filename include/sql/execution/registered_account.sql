-- The account that this database is registered by, if any.
select account from message_center.instance
