-- The account makes this database its own; nothing happens if it is already.
select message_center.register_instance(%(account)s, %(instance_identifier)s::smallint)
