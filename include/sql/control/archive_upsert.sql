-- A chunk into the archive. In order of id, so that rows go into the indexes side by side, and no two sessions
-- could ever lock the same rows in opposite orders. A row of another account with the same id is left alone. extra
-- keeps what it has, but for columns that the archive has learned.
insert into archive.{target} as archived (account, archived_at, {columns})
select {account}, clock_timestamp(), {columns}
from archive_incoming
order by id
on conflict (id) do update set
    (account, archived_at, {names}) = row(excluded.account, excluded.archived_at, {excluded}),
    extra = case
        when archived.extra is null then excluded.extra
        else nullif((archived.extra - {known}::text[]) || coalesce(excluded.extra, '{{}}'), '{{}}')
    end
where archived.account = excluded.account
