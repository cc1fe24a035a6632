-- What this database is, whatever its name or host, and which account it says it belongs to.
select
    format('%s/%s', control.system_identifier, this.oid) as identity,
    i.account,
    i.identifier,
    i.checkpoint,
    i.previous_checkpoint
from pg_control_system() as control
cross join pg_database as this
cross join message_center.instance as i
where this.datname = current_database()
