-- The account as control knows it, locked for the registration under way.
select instance_identifier, database_identity
from message_center.execution_instance
where account = %(account)s
for update -- allow locked_in_order: one row
