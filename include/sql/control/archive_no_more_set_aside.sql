-- What has come after all.
delete from archive.set_aside_row as aside
using archive_incoming as incoming
where aside.account = %(account)s and aside.stream = %(stream)s and aside.row_id = incoming.id
