-- Another account on the same database, or with the same identifier.
select account, identifier, database_identity = %(identity)s as same_database
from message_center.execution_instance
where account <> %(account)s
    and (database_identity = %(identity)s or identifier = %(identifier)s)
order by same_database desc
limit 1
