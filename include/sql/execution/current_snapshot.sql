-- What a reader would see now.
select pg_current_snapshot()::text
