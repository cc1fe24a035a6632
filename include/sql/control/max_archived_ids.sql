-- The highest id of each kind that the archive has from an account's instance; its range begins at
-- instance_identifier << 56.
select jsonb_build_object(
    'event', (select max(id) from archive.event where id >> 56 = i.instance_identifier),
    'delivery_log', (select max(id) from archive.delivery_log where id >> 56 = i.instance_identifier),
    'delivery_log_message', (select max(id) from archive.delivery_log_message where id >> 56 = i.instance_identifier),
    'tracking_url', (select max(id) from archive.tracking_url where id >> 56 = i.instance_identifier),
    'tracking_log', (select max(id) from archive.tracking_log where id >> 56 = i.instance_identifier),
    'quarantine', (select max(id) from archive.quarantine where id >> 56 = i.instance_identifier),
    'operator_act', (select max(id) from archive.operator_act where id >> 56 = i.instance_identifier),
    'operator_act_event', (select max(id) from archive.operator_act_event where id >> 56 = i.instance_identifier)
)
from message_center.execution_instance as i
where i.account = %(account)s
