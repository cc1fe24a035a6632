-- In the transaction of the records' events. No row: somebody else has gone on with the file. One that was read to its
-- end and has grown since is read on.
update message_center.imported_file as i
set records = %(records)s, accepted = %(accepted)s, rejected = %(rejected)s, digest = %(digest)s, read_at = null
where i.id = %(id)s and i.records = %(before)s
