-- Whether the archiving workflow has registered this database: before that, it takes no events.
select exists (select from message_center.instance where instance_identifier is not null)
