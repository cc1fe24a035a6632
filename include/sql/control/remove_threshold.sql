-- Let the threshold of all count for an account again.
delete from message_center.threshold
where indicator = %(indicator)s and account = %(account)s and account <> ''
