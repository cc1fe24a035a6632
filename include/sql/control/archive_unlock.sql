-- Lets go of what archive_lock.sql took.
select pg_advisory_unlock(hashtextextended(format('archive %%s %%s', %(account)s::text, %(stream)s::text), 0))
