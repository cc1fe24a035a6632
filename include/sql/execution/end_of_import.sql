update message_center.imported_file as i
set read_at = coalesce(i.read_at, clock_timestamp())
where i.id = %(id)s and i.records = %(records)s
