-- Two runs of one account register it one after the other; those of other accounts go on meanwhile.
select pg_advisory_lock(hashtextextended(format('register %%s', %(account)s::text), 0))
