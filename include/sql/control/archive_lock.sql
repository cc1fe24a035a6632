-- Two runs of one stream must not interleave. Of the session, as it spans the transactions of all chunks.
select pg_try_advisory_lock(hashtextextended(format('archive %%s %%s', %(account)s::text, %(stream)s::text), 0))
