-- How far a file has come that is not finished; one that is met for the first time begins.
insert into message_center.imported_file as i (file) values (%(file)s)
on conflict (file) where finished_at is null do update set file = excluded.file
returning i.id, i.begun_at, i.records, i.accepted, i.rejected, i.digest, i.read_at is not null as is_read
