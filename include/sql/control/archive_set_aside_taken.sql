-- Rows whose id another account's row has: both were written before their instances were registered.
insert into archive.set_aside_row (account, stream, row_id, modified_at, reason)
select {account}, {stream}, incoming.id, incoming.modified_at,
    format('row %s: its id is that of a row of account %s', incoming.id, taken.account)
from archive_incoming as incoming
join archive.{target} as taken on taken.id = incoming.id
where taken.account <> {account}
on conflict (account, stream, row_id) do update set
    (modified_at, reason) = row(excluded.modified_at, excluded.reason)
