-- In the transaction of the records' events. No row: somebody else has gone on with the file.
update message_center.imported_file as i
set records = %(records)s, accepted = %(accepted)s, rejected = %(rejected)s, digest = %(digest)s
where i.id = %(id)s and i.records = %(before)s and i.read_at is null
