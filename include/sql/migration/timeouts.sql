-- For one transaction. A migration that waits for a table makes everybody after it wait too, so it rather gives up
-- soon. What it does itself, an index for instance, may take its time.
select set_config('lock_timeout', %(lock_timeout)s, true), set_config('statement_timeout', '0', true)
