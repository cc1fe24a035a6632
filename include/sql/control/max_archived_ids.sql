-- The highest id of each kind that the archive has from an instance; its range begins at instance_identifier << 56.
select jsonb_build_object(
    'event', (select max(id) from archive.event where id >> 56 = %(instance_identifier)s),
    'delivery_log', (select max(id) from archive.delivery_log where id >> 56 = %(instance_identifier)s),
    'delivery_log_message', (select max(id) from archive.delivery_log_message where id >> 56 = %(instance_identifier)s),
    'tracking_url', (select max(id) from archive.tracking_url where id >> 56 = %(instance_identifier)s),
    'tracking_log', (select max(id) from archive.tracking_log where id >> 56 = %(instance_identifier)s),
    'quarantine', (select max(id) from archive.quarantine where id >> 56 = %(instance_identifier)s)
)
