-- The accounts that were ever registered: the archive has their events, whether they are there still or not.
select account from message_center.execution_instance
