-- What this database is, and which account it says it belongs to.
select
    message_center.database_identity() as identity,
    i.account,
    i.instance_identifier
from message_center.instance as i
