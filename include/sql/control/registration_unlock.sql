-- Lets go of what registration_lock.sql took.
select pg_advisory_unlock(hashtextextended(format('register %%s', %(account)s::text), 0))
