-- A task that is run again finds the publication that it has made.
select number from message_center.publication where run_id = %(run_id)s
