-- Accounts that are no more, or are disabled, are not looked at.
delete from message_center.look as l where l.account <> all (%(accounts)s::text[])
