-- Another account on the same database, or with the same identifier.
select account, instance_identifier, database_identity = %(identity)s as same_database
from message_center.execution_instance
where account <> %(account)s
    and (database_identity = %(identity)s or instance_identifier = %(instance_identifier)s)
order by same_database desc
limit 1
