-- A chunk into the archive. In order of id, so that rows go into the indexes side by side, and no two sessions
-- could ever lock the same rows in opposite orders.
insert into archive.{target} as archived (account, archived_at, {columns})
select {account}, clock_timestamp(), {columns}
from archive_incoming
order by id
on conflict (id) do update set
    (account, archived_at, {columns}) = row(excluded.account, excluded.archived_at, {excluded})
