-- The mark that was left on the execution database, now that it is there.
update message_center.execution_instance set checkpoint = %(new)s where account = %(account)s
