-- The archived events of an account that a filter means and that can be replayed, from an id on.
select archive.replayable_ids(%(filter)s, %(account)s, %(after_id)s, %(limit)s)
