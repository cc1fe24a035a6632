-- An event's id begins with the identifier of the instance that gave it.
select account
from message_center.execution_instance
where instance_identifier = %s::bigint >> 56
