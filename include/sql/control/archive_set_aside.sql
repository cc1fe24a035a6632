-- A row that cannot be carried.
insert into archive.set_aside_row (account, stream, row_id, modified_at, reason)
values (%(account)s, %(stream)s, %(row_id)s, %(modified_at)s, %(reason)s)
on conflict (account, stream, row_id) do update set
    (modified_at, reason) = row(excluded.modified_at, excluded.reason)
