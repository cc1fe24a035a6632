-- What an earlier pass in this session has left.
drop table if exists pg_temp.archive_incoming
